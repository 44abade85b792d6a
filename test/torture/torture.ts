import { parseArgs } from 'node:util'
import { startKafka } from '../support/kafka-cluster.ts'
import { forget, runTorture } from './run.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    brokers: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
  },
})
const kafka = await startKafka(values.brokers)
try {
  const seconds = Number(values.seconds)
  const { figures, problems, folder } = await runTorture({ seconds, seed: Number(values.seed), kafka })
  console.log(JSON.stringify(figures))
  if (problems.length === 0) forget(folder)
  else {
    console.error([...problems, `The log and a timeline are in ${folder}`].join('\n'))
    process.exitCode = 1
  }
} finally {
  await kafka.stop()
}

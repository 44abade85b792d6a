import { parseArgs } from 'node:util'
import { startKafka } from '../support/kafka-cluster.ts'
import { forget, runTorture } from './run.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    brokers: { type: 'string', default: '1' },
    replicas: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
  },
})
if (!/^[1-9]$/.test(values.replicas))
  throw new Error(`--replicas must be from 1 to 9, not ${values.replicas}`)
const kafka = await startKafka(values.brokers)
try {
  const { figures, problems, folder } = await runTorture({
    seconds: Number(values.seconds),
    seed: Number(values.seed),
    replicas: Number(values.replicas),
    kafka,
  })
  console.log(JSON.stringify(figures))
  if (problems.length === 0) forget(folder)
  else {
    console.error([...problems, `The log and a timeline are in ${folder}`].join('\n'))
    process.exitCode = 1
  }
} finally {
  await kafka.stop()
}

import { parseArgs } from 'node:util'
import { runFlood } from './flood.ts'

const { values } = parseArgs({
  options: {
    replicas: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
  },
})
const figures = await runFlood({
  seconds: Number(values.seconds),
  seed: Number(values.seed),
  ...(values.replicas && { replicas: Number(values.replicas) }),
})
console.log(JSON.stringify(figures))
const { rateLimited, late, broken, owed, callsInTenSeconds } = figures
if (callsInTenSeconds.most > 48 || rateLimited + late + broken + owed > 0) process.exitCode = 1

import { parseArgs } from 'node:util'
import { runFlood } from './flood.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
  },
})
const figures = await runFlood({ seconds: Number(values.seconds), seed: Number(values.seed) })
console.log(JSON.stringify(figures))
const { rateLimited, late, broken, owed } = figures
if (rateLimited + late + broken + owed > 0) process.exitCode = 1

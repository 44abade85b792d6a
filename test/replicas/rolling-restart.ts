import { parseArgs } from 'node:util'
import { runRollingRestart } from './run-rolling-restart.ts'

/** `npm run rolling-restart`: replaces replicas under load, with the chart's own times. */
const { values } = parseArgs({
  options: {
    replicas: { type: 'string', default: '3' },
    restarts: { type: 'string', default: '2' },
    'per-second': { type: 'string', default: '200' },
    'drain-ms': { type: 'string', default: '5000' },
    'probe-every-ms': { type: 'string', default: '2000' },
  },
})
const { figures, failures } = await runRollingRestart({
  replicas: Number(values.replicas),
  restarts: Number(values.restarts),
  perSecond: Number(values['per-second']),
  drainMs: Number(values['drain-ms']),
  probeEveryMs: Number(values['probe-every-ms']),
})
console.log(JSON.stringify(figures))
for (const failure of failures.slice(0, 10)) console.error(failure)
const { failed, endedBadly, ticketsLost, cardsWrong } = figures
if (failed + endedBadly + ticketsLost + cardsWrong > 0) process.exitCode = 1

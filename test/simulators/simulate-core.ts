import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { startCoreSimulator } from './core.ts'
import { controlUsage, startControl } from './core/control.ts'
import { demo, demoProject } from './core/demo-project.ts'
import { faultUsage, FaultUnclear, readFault } from './core/fault-text.ts'
import { recordedProject } from './core/recorded-project.ts'

const usage = `
npm run simulate:core -- [--port 8081] [--errors flat] [--limit off] [--slow MS] [--fault FAULT]… [--control 8082]

A simulated TRIFFT core. A port that is not given is a free one.

  --errors flat    errors in the other of the two documented forms
  --limit off      without TRIFFT's limit of 50 requests in 10 s
  --slow MS        every answer comes so much later
  --fault FAULT    what goes wrong; may be given several times, and each call takes the first that fits
  --control PORT   faults can be ordered here while it runs

${faultUsage}
Over HTTP, such as curl -d redeem:hang-after http://127.0.0.1:8082/faults:
${controlUsage}`

const options = readOptions()
if (options === 'help') console.log(usage)
else if (typeof options === 'string') {
  console.error(`${options}\n${usage}`)
  process.exitCode = 2
} else await run(options)

type Options = Exclude<ReturnType<typeof readOptions>, string>

/** @returns why they cannot be used, or that the usage is asked for */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '0' },
        errors: { type: 'string', default: 'nested' },
        limit: { type: 'string', default: 'on' },
        slow: { type: 'string' },
        fault: { type: 'string', multiple: true, default: [] },
        control: { type: 'string', default: '0' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) return 'help'
    const slow = values.slow === undefined ? [] : [`delay,ms=${values.slow}`]
    return { ...values, faults: [...values.fault, ...slow].map(readFault) }
  } catch (error) {
    if (error instanceof FaultUnclear || error instanceof TypeError) return error.message
    throw error
  }
}

async function run({ port, errors, limit, control: controlPort, faults }: Options) {
  const core = await startCoreSimulator({
    port: Number(port),
    errorForm: errors === 'flat' ? 'flat' : 'nested',
    projects: [demoProject(Date.now()), recordedProject()],
    ...(limit === 'off' && { limit: 'off' as const }),
  })
  for (const fault of faults) core.faults.next(fault)
  const control = await startControl(core, Number(controlPort))
  const { cards, coupons } = demo
  console.log(`
A simulated TRIFFT core.

  CORE_BASE_URL    ${core.url}
  API key          ${demo.apiKey}   (read only: ${demo.readOnlyKey}, revoked: ${demo.revokedKey})
  venue            ${demo.venueId} (${demo.venueName}), 1903 (The Anchor), 2001 (Café Krone, EUR)
  cards            ${cards.anna} Anna: Gold, 1250 points, coupons ${coupons.coffee}, ${coupons.discount}, ${coupons.cake} …
                   ${cards.ben} Ben: a member with nothing yet
                   ${cards.blocked} Carl: blocked
                   ${cards.blank} printed, never registered
                   ${cards.unknown} unknown
  faults           curl -d redeem:hang-after ${control.url}/faults   (--help says which)

Ctrl-C ends it.
`)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  await control.close()
  await core.close()
}

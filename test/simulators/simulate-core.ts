import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { startCoreSimulator } from './core.ts'
import { demo } from './core/demo-project.ts'

/** `npm run simulate:core -- [--port 8081] [--errors flat] [--limit off]` */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    errors: { type: 'string', default: 'nested' },
    limit: { type: 'string', default: 'on' },
  },
})

const core = await startCoreSimulator({
  port: Number(values.port),
  errorForm: values.errors === 'flat' ? 'flat' : 'nested',
  ...(values.limit === 'off' && { limit: 'off' as const }),
})
const { cards } = demo
console.log(`
A simulated TRIFFT core.

  CORE_BASE_URL    ${core.url}
  API key          ${demo.apiKey}   (read only: ${demo.readOnlyKey}, revoked: ${demo.revokedKey})
  venue            ${demo.venueId} (${demo.venueName}), 1903 (The Anchor), 2001 (Café Krone, EUR)
  cards            ${cards.anna} Anna: Gold, 1250 points, coupons ${demo.coupons.coffee}, ${demo.coupons.discount}, ${demo.coupons.cake} …
                   ${cards.ben} Ben: a member with nothing yet
                   ${cards.blocked} Carl: blocked
                   ${cards.blank} printed, never registered
                   ${cards.unknown} unknown

Ctrl-C ends it.
`)
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
await core.close()

import { text } from 'node:stream/consumers'
import type { IncomingMessage } from 'node:http'
import type { CoreSimulator } from '../core.ts'
import { refuseForeign } from '../../support/same-origin.ts'
import { describeFault, faultUsage, FaultUnclear, readFault } from './fault-text.ts'
import { startListener } from './listener.ts'

export const controlUsage = `  GET    /faults   those that may still happen
  POST   /faults   one more, as text
  DELETE /faults   none any more; what hangs is done and answered now
  PUT    /outage   connections are refused until
  DELETE /outage   they are accepted again
`

/**
 * Orders faults of a simulated core over HTTP, on a port of its own, since the core itself may be away. Texts in and out,
 * one line each.
 * @param port 0 takes a free one
 */
export async function startControl(core: CoreSimulator, port: number) {
  let isAway = false
  const setAway = async (away: boolean) => {
    if (away !== isAway) await (away ? core.goAway() : core.comeBack())
    isAway = away
  }
  const faults = () => core.faults.pending().map(describeFault)
  const actions: Record<string, (request: IncomingMessage) => Promise<unknown> | void> = {
    'GET /faults': () => undefined,
    'POST /faults': async (request) => core.faults.next(readFault(await text(request))),
    'DELETE /faults': () => core.faults.clear(),
    'PUT /outage': () => setAway(true),
    'DELETE /outage': () => setAway(false),
  }

  const listener = await startListener(port, (request, response) => {
    const answer = (status: number, lines: string[]) =>
      void response
        .writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' })
        .end(lines.map((line) => `${line}\n`).join(''))
    const foreign = refuseForeign(request)
    if (foreign) return answer(403, [foreign])
    const action = actions[`${request.method} ${request.url}`]
    if (!action) return answer(404, [controlUsage])
    Promise.resolve(action(request)).then(
      () => answer(200, [...faults(), ...(isAway ? ['the core is away'] : [])]),
      (error: unknown) =>
        error instanceof FaultUnclear ? answer(400, [error.message, '', faultUsage]) : response.destroy(),
    )
  })
  return { url: `http://127.0.0.1:${listener.port}`, close: listener.close }
}

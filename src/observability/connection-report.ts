import type { Clock } from '../time/clock.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'
import { readAddress } from './source-address.ts'
import type { ConnectionReport } from '../http/end-reasons.ts'

/** Enough to see what happens, and few enough that a flood does not fill the log. */
const linesPerWindow = 10
const windowMs = 10_000

type Deps = { clock: Clock; log: Logger; metrics: Pick<Metrics, 'connectionsEnded'> }

/** Counts each connection that ended otherwise than after its last answer, and logs the first few of each ten seconds. */
export function createConnectionReport(
  port: 'tills' | 'management' | 'console',
  { clock, log, metrics }: Deps,
): ConnectionReport {
  let windowEndsAtMs = -Infinity
  let lines = 0
  let unlogged = 0
  return function reportConnection({ reason, remoteAddress, requestId }) {
    metrics.connectionsEnded.inc({ reason })
    const nowMs = clock.monotonicMs()
    if (nowMs >= windowEndsAtMs) {
      windowEndsAtMs = nowMs + windowMs
      lines = 0
    }
    if (lines === linesPerWindow) {
      unlogged += 1
      return
    }
    lines += 1
    const sourceAddress = remoteAddress && readAddress(remoteAddress)
    log.info(
      { port, reason, sourceAddress, requestId, unlogged },
      'a connection ended without a request or its answer',
    )
    unlogged = 0
  }
}

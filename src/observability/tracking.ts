import type { DefaultState, Middleware } from 'koa'
import { bounded } from './bounded.ts'
import { createExchange, type Exchange } from '../exchange.ts'
import type { Clock } from '../time/clock.ts'
import { withoutSecrets } from './line-guard.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'
import { sourceAddressOf } from './source-address.ts'

export type TrackedState = DefaultState & {
  exchange: Exchange
  /** The outcome code that the till was told; OK unless a refusal says otherwise, HUNG_UP if it did not wait. */
  code: string
}

export type TrackingDeps = {
  clock: Clock
  deadlineMs: number
  trustedProxies: number
  log: Logger
  metrics: Metrics
  /** The operations whose calls are stopped. */
  openBreakers: () => string[]
}

/** The outcome of a request whose till did not wait. Only for log line, metrics and captures: no answer has it. */
export const hungUp = 'HUNG_UP'

/**
 * Begins the exchange, and ends it with one wide log line and one observation, whatever its outcome. If the till hangs up, the
 * work goes on, and the line is written when it has ended, so that it says what came of it.
 */
export function createTracking(deps: TrackingDeps): Middleware<TrackedState> {
  const { clock, deadlineMs, trustedProxies } = deps
  const record = createRecorder(deps)
  return async function trackExchange(ctx, next) {
    const startedMs = clock.monotonicMs()
    const exchange = createExchange(clock, deadlineMs, {
      parent: ctx.get('traceparent'),
      sourceAddress: sourceAddressOf(ctx.req, trustedProxies),
    })
    ctx.state = { ...ctx.state, exchange, code: 'OK' }
    ctx.set('X-Request-Id', exchange.requestId)

    const work = Promise.withResolvers<void>()
    ctx.res.once('close', () => {
      const durationMs = clock.monotonicMs() - startedMs
      const { code } = ctx.state
      if (ctx.res.writableFinished) return record(exchange, { code, status: ctx.status, durationMs })
      ctx.state.code = hungUp
      exchange.isTillGone = true
      void work.promise.then(() => {
        const unheardCode = ctx.state.code === hungUp ? code : ctx.state.code
        record(exchange, { code: hungUp, unheardCode, durationMs })
      })
    })
    try {
      await next()
    } finally {
      work.resolve()
    }
  }
}

/** Keeps a line readable and storable, whatever a till or the core has said. */
const factBounds = { text: 500, entries: 20, fields: 100, depth: 4 }

type Ending = {
  code: string
  /** Until the answer was sent, or the till hung up. */
  durationMs: number
  /** Of the answer; undefined if the till has hung up. */
  status?: number
  /** What the till would have heard. */
  unheardCode?: string
}

function createRecorder({ log, metrics, openBreakers }: TrackingDeps) {
  return function record(exchange: Exchange, ending: Ending) {
    const { requestId, message = 'none', isReplayed, isKept, sourceAddress, facts, secrets } = exchange
    const { code, durationMs, ...rest } = ending
    const isAnswered = code !== hungUp
    metrics.requestSeconds.observe({ message, code }, durationMs / 1000)
    if (!isAnswered) metrics.unanswered.inc({ message })
    log.info(
      {
        requestId,
        message,
        code,
        ...rest,
        durationMs: Math.round(durationMs * 10) / 10,
        isAnswered,
        ...(isReplayed && { isReplayed }),
        ...(isKept && { isKept }),
        openBreakers: openBreakers(),
        ...withoutSecrets(bounded({ sourceAddress, ...facts }, factBounds) as typeof facts, secrets),
      },
      'request',
    )
  }
}

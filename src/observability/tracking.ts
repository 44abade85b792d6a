import type { DefaultState, Middleware } from 'koa'
import { createExchange, type Clock, type Exchange } from './exchange.ts'
import { withoutSecrets } from './line-guard.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'
import { sourceAddressOf } from './source-address.ts'

export type TrackedState = DefaultState & {
  exchange: Exchange
  /** The outcome code that the till was told; OK unless a refusal says otherwise. */
  code: string
}

export type TrackingParts = {
  clock: Clock
  deadlineMs: number
  trustedProxies: number
  log: Logger
  metrics: Metrics
  /** The operations whose calls are stopped. */
  openBreakers: () => string[]
}

/** Begins the exchange, and ends it with one wide log line and one observation, whatever became of it. */
export function createTracking(parts: TrackingParts): Middleware<TrackedState> {
  const { clock, deadlineMs, trustedProxies, log, metrics, openBreakers } = parts
  return async function trackExchange(ctx, next) {
    const startedMs = clock.monotonicMs()
    const exchange = createExchange(clock, deadlineMs, {
      parent: ctx.get('traceparent'),
      sourceAddress: sourceAddressOf(ctx.req, trustedProxies),
    })
    ctx.state = { ...ctx.state, exchange, code: 'OK' }
    ctx.set('X-Request-Id', exchange.requestId)

    ctx.res.once('close', () => {
      const durationMs = clock.monotonicMs() - startedMs
      const { message = 'none', ...facts } = exchange.facts
      const { code } = ctx.state
      const isAnswered = ctx.res.writableFinished
      metrics.requestSeconds.observe({ message, code }, durationMs / 1000)
      if (!isAnswered) metrics.unanswered.inc({ message })
      log.info(
        {
          requestId: exchange.requestId,
          message,
          code,
          status: ctx.status,
          durationMs: Math.round(durationMs * 10) / 10,
          // False where the till had hung up before its answer was out.
          isAnswered,
          openBreakers: openBreakers(),
          ...withoutSecrets({ sourceAddress: exchange.sourceAddress, ...facts }, exchange.secrets),
        },
        'request',
      )
    })
    await next()
  }
}

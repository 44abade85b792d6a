import type { DefaultState, Middleware } from 'koa'
import { createExchange, type Exchange, type Facts } from '../exchange.ts'
import type { Clock } from '../time/clock.ts'
import { withoutSecrets } from './line-guard.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'
import { sourceAddressOf } from './source-address.ts'
import type { Tracing } from './tracing.ts'

export type TrackedState = DefaultState & {
  exchange: Exchange
  /** The outcome code that the till was told; OK unless a refusal says otherwise, HUNG_UP if it did not wait. */
  code: string
}

export type TrackingDeps = {
  clock: Clock
  deadlineMs: number
  trustedProxies: number
  tracing: Pick<Tracing, 'server'>
  log: Logger
  metrics: Metrics
  /** The operations whose calls are stopped. */
  openBreakers: () => string[]
  /** Called after the answer with the fields of the log line, without secrets. */
  keep?: ((exchange: Exchange, line: Record<string, unknown>) => void) | undefined
}

/** The outcome of a request whose till did not wait. Only for log line, metrics and captures: no answer has it. */
export const hungUp = 'HUNG_UP'

/**
 * Begins the exchange, and ends it with one wide log line and one observation, whatever its outcome. If the till hangs up, the
 * work goes on, and the line is written when it has ended, so that it says what came of it.
 */
export function createTracking(deps: TrackingDeps): Middleware<TrackedState> {
  const { clock, deadlineMs, trustedProxies, tracing } = deps
  const record = createRecorder(deps)
  return async function trackExchange(ctx, next) {
    const startedMs = clock.monotonicMs()
    // Anybody could send one: in front of a service that tills reach directly it would say nothing.
    const parent = trustedProxies > 0 ? ctx.get('traceparent') : undefined
    const exchange = createExchange(clock, deadlineMs, {
      span: tracing.server(parent),
      parent,
      sourceAddress: sourceAddressOf(ctx.req, trustedProxies),
    })
    ctx.state = { ...ctx.state, exchange, code: 'OK' }
    ctx.set('X-Request-Id', exchange.requestId)

    const work = Promise.withResolvers<void>()
    ctx.res.once('close', () => {
      const durationMs = clock.monotonicMs() - startedMs
      const { code } = ctx.state
      exchange.span.set({
        'http.request.method': ctx.method,
        // The path itself may hold a card number.
        'http.route': typeof ctx._matchedRoute === 'string' ? ctx._matchedRoute : undefined,
      })
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

function createRecorder({ log, metrics, openBreakers, keep }: TrackingDeps) {
  return function record(exchange: Exchange, ending: Ending) {
    const { requestId, message = 'none', isReplayed, isKept, sourceAddress, secrets, span } = exchange
    const { code, durationMs, ...rest } = ending
    const isAnswered = code !== hungUp
    metrics.requestSeconds.observe({
      labels: { message, code },
      value: durationMs / 1000,
      // The client's types know only the labels of the series.
      ...(span.isRecorded && { exemplarLabels: { trace_id: span.traceId } as object }),
    })
    if (!isAnswered) metrics.unanswered.inc({ message })
    const facts = withoutSecrets({ sourceAddress, ...exchange.facts }, secrets, factBounds) as Facts
    endSpan(exchange, ending, facts)
    const line = {
      requestId,
      traceId: span.traceId,
      message,
      code,
      ...rest,
      durationMs: Math.round(durationMs * 10) / 10,
      isAnswered,
      ...(isReplayed && { isReplayed }),
      ...(isKept && { isKept }),
      openBreakers: openBreakers(),
      ...facts,
    }
    log.info(line, 'request')
    keep?.(exchange, line)
  }
}

/** @param facts as the log line has them */
function endSpan({ span, message, isReplayed }: Exchange, { code, status }: Ending, facts: Facts) {
  span.rename(message ?? 'none')
  span.set({
    'http.response.status_code': status,
    'zonal.code': code,
    'zonal.venue': facts.venue,
    'zonal.replayed': isReplayed,
    'zonal.redemption_id': facts.redemptionId,
  })
  span.end(status !== undefined && status >= 500 ? 'failed' : 'done')
}

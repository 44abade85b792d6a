import type { CoreCallFact, Exchange } from '../exchange.ts'
import type { Clock, Timers } from '../time/clock.ts'
import { describeError, type Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import { inSpan, type Span } from '../model/span.ts'
import type { Credentials } from '../model/words.ts'
import { createBreakers } from './breakers.ts'
import type { Budget } from './budget/budget.ts'
import { timeToWaitMs } from './deadline.ts'
import { CoreFailure, CoreProtocolError, CoreRequestInvalid, CoreUnavailable } from './errors.ts'
import { createCoreHttp, type CoreRequest } from './http.ts'
import type { Lane } from './budget/lanes.ts'
import { readOutcome } from './outcomes.ts'
import type { Reader } from './reading.ts'
import type { FindBlock, Slot } from './budget/claims.ts'

const operations = [
  'findVenue',
  'readCard',
  'readRewards',
  'redeemCoupon',
  'restoreCoupon',
  'takePoints',
  'givePointsBack',
] as const

/** What has to be known about a call before it gets a slot. */
type Plan = {
  operation: (typeof operations)[number]
  credentials: Credentials
  lane: Lane
  /** The call's own deadline. The exchange may have less time left. */
  limitMs: number
  /** Nothing is sent if the exchange has less time left than this. */
  minLeftMs?: number
  /** A call that waits for its slot gives up when the exchange has this much time left. */
  waitUntilLeftMs: number
}

export type Call<T> = Plan &
  Pick<CoreRequest, 'method' | 'path' | 'body' | 'idempotencyKey'> & {
    /** Reads the body of a success. */
    read: Reader<T>
  }

export type CallDeps = { budget: Budget; clock: Clock; timers: Timers; metrics: Metrics; log: Logger }

type Settings = {
  baseUrl: string
  /** Whether calls say to which trace they belong. */
  isToldTraces: boolean
}

/** The only way to the core: time left, breaker, slot, deadline, wire, outcome, schema. Nothing is repeated here. */
export function createCalls(
  { baseUrl, isToldTraces }: Settings,
  { budget, clock, timers, metrics, log }: CallDeps,
) {
  const { hostname } = new URL(baseUrl)
  const http = createCoreHttp({ baseUrl, clock, timers })
  const breakers = createBreakers(operations, { metrics, log })

  /** Slots are scarce, so whatever else could keep the calls from leaving is checked first. */
  async function claim(plans: [Plan] | [Plan, Plan], exchange: Exchange): Promise<Slot> {
    const [{ lane, credentials, waitUntilLeftMs }] = plans
    for (const plan of plans) {
      deadlineOf(plan, exchange)
      breakers.refuseOpen(plan.operation)
    }
    const sinceMs = clock.monotonicMs()
    try {
      return await inSpan(exchange.span.wait('slot', { 'zonal.lane': lane }), () =>
        budget.acquire({
          lane,
          credentials,
          sourceAddress: exchange.sourceAddress,
          count: plans.length,
          waitMs: exchange.leftMs() - waitUntilLeftMs,
        }),
      )
    } finally {
      const { facts } = exchange
      facts.coreWaitMs = Math.round((facts.coreWaitMs ?? 0) + clock.monotonicMs() - sinceMs)
    }
  }

  async function send<T>(call: Call<T>, { exchange, fact, span }: UnderWay, findBlock: FindBlock) {
    const { operation, credentials, read, method, path, body, idempotencyKey } = call
    // Waiting for the slot has used some of the time.
    const deadlineMs = deadlineOf(call, exchange)
    const { apiKey } = credentials
    return breakers.run(operation, async () => {
      const reply = await http.send({
        operation,
        apiKey,
        method,
        path,
        body,
        idempotencyKey,
        deadlineMs,
        findBlock,
        traceparent: isToldTraces ? span.traceparent : undefined,
      })
      fact.status = reply.status
      const { value, unread } = readOutcome(operation, read, reply, clock.nowMs())
      if (unread.length > 0) fact.unread = unread
      for (const field of unread) metrics.coreUnreadFields.inc({ operation, field })
      return value
    })
  }

  function reportFault(error: unknown, operation: string, { requestId }: Exchange) {
    if (error instanceof CoreProtocolError) {
      const { status, fields } = error
      log.warn({ requestId, operation, status, fields }, "the core's reply could not be read")
    }
    if (error instanceof CoreRequestInvalid)
      log.error({ requestId, operation, error: describeError(error) }, 'a call to the core could not be made')
  }

  return {
    /**
     * For two calls of which one is useless without the other: a slot for each, to be passed to `run`.
     *
     * @throws CoreUnavailable if either could not leave
     */
    claimBoth: (first: Plan, second: Plan, exchange: Exchange) => claim([first, second], exchange),

    /**
     * @param exchange whose time the call may use; the call is added to its facts, also if it fails
     * @param claimed its slot, if it has one already
     * @returns the body of a success, checked
     * @throws CoreRejected (final), CoreUnavailable (not done, safe to repeat), CoreOutcomeUnknown (may be done)
     */
    async run<T>(call: Call<T>, exchange: Exchange, claimed?: Slot): Promise<T> {
      const { operation } = call
      const fact: CoreCallFact = { operation, outcome: 'pending', durationMs: 0 }
      exchange.facts.coreCalls.push(fact)
      let startedAtMs = clock.monotonicMs()
      let span: Span | undefined
      let outcome: Outcome = 'done'
      let errorType: string | undefined
      try {
        const slot = claimed ?? (await claim([call], exchange))
        // Waiting for a slot is not the core's time.
        startedAtMs = clock.monotonicMs()
        const facts = { 'server.address': hostname, 'http.request.method': call.method }
        const begun = { exchange, fact, span: (span = exchange.span.child(operation, 'client', facts)) }
        return await slot((findBlock) => send(call, begun, findBlock))
      } catch (error) {
        outcome = error instanceof CoreFailure ? error.meaning : 'unknown'
        errorType = error instanceof Error ? error.name : 'unknown'
        Object.assign(fact, describeFailure(error))
        reportFault(error, operation, exchange)
        throw error
      } finally {
        const durationMs = clock.monotonicMs() - startedAtMs
        Object.assign(fact, { outcome, durationMs })
        span?.set({
          'http.response.status_code': fact.status,
          'zonal.outcome': outcome,
          'error.type': errorType,
        })
        span?.end(errorType === undefined ? 'done' : 'failed')
        metrics.coreCallSeconds.observe({ operation, outcome }, durationMs / 1000)
      }
    },

    states: breakers.states,
    openBreakers: breakers.open,

    async close(): Promise<void> {
      breakers.close()
      await http.close()
    },
  }
}

type UnderWay = { exchange: Exchange; fact: CoreCallFact; span: Span }
type Outcome = 'done' | CoreFailure['meaning']

/** @returns what the log line says of it */
function describeFailure(error: unknown): Pick<CoreCallFact, 'reason' | 'exception' | 'eventId'> {
  if (!(error instanceof CoreFailure)) return {}
  const { message: reason, exception, eventId } = error
  return { reason, ...(exception !== undefined && { exception }), ...(eventId !== undefined && { eventId }) }
}

/**
 * @returns ms that the call may take
 * @throws CoreUnavailable if the exchange has too little time left to send it
 */
function deadlineOf({ operation, limitMs, minLeftMs = 0 }: Plan, exchange: Exchange): number {
  const deadlineMs = Math.min(limitMs, timeToWaitMs(exchange))
  if (deadlineMs > 0 && exchange.leftMs() >= minLeftMs) return deadlineMs
  throw new CoreUnavailable({ message: `${operation}: not sent (too little time left)` })
}

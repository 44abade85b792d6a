import type { z } from 'zod'
import type { Clock, CoreCallFact, Exchange } from '../observability/exchange.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import { createBreakers } from './breakers.ts'
import { timeToWaitMs, withDeadline } from './deadline.ts'
import { CoreFailure, CoreProtocolError, CoreUnavailable } from './errors.ts'
import { createCoreHttp, type CoreRequest } from './http.ts'
import { readOutcome } from './outcomes.ts'

const operations = [
  'findVenue',
  'readCard',
  'readRewards',
  'redeemCoupon',
  'restoreCoupon',
  'takePoints',
  'givePointsBack',
] as const

export type Call<T> = Omit<CoreRequest, 'signal'> & {
  operation: (typeof operations)[number]
  /** What the body of a success must hold. */
  schema: z.ZodType<T>
  /** The call's own deadline; what the exchange has left may be less. */
  limitMs: number
  /** With less than this left of the exchange nothing is sent. */
  leastLeftMs?: number
}

export type CallDeps = { clock: Clock; metrics: Metrics; log: Logger }

/** The one way to the core: time left, breaker, deadline, wire, outcome, schema. Nothing is ever repeated from here. */
export function createCalls(baseUrl: string, { clock, metrics, log }: CallDeps) {
  const http = createCoreHttp({ baseUrl })
  const breakers = createBreakers(operations, { metrics, log })

  function send<T>(
    { schema, limitMs, leastLeftMs = 0, ...request }: Call<T>,
    exchange: Exchange,
    fact: CoreCallFact,
  ) {
    const { operation } = request
    const deadlineMs = Math.min(limitMs, timeToWaitMs(exchange))
    if (deadlineMs <= 0 || exchange.leftMs() < leastLeftMs) {
      throw new CoreUnavailable({ message: `${operation}: not sent (too little time left)` })
    }
    return breakers.run(operation, () =>
      withDeadline(deadlineMs, async (signal) => {
        const reply = await http.send({ ...request, signal })
        fact.status = reply.status
        return readOutcome(operation, schema, reply, clock.nowMs())
      }),
    )
  }

  function noteFailure(error: unknown, fact: CoreCallFact, { requestId }: Exchange) {
    if (error instanceof CoreFailure) {
      fact.outcome = error.meaning
      if (error.eventId !== undefined) fact.eventId = error.eventId
    }
    if (error instanceof CoreProtocolError) {
      const { operation, status } = fact
      log.warn({ requestId, operation, status, fields: error.fields }, "the core's reply could not be read")
    }
  }

  return {
    /**
     * @param exchange whose time it takes; the call is noted in its facts, also when it fails
     * @returns the body of a success, checked
     * @throws CoreRejected (final), CoreUnavailable (not done, safe to repeat), CoreOutcomeUnknown (may be done)
     */
    async run<T>(call: Call<T>, exchange: Exchange): Promise<T> {
      const { operation } = call
      const fact: CoreCallFact = { operation, outcome: 'unknown', durationMs: 0 }
      const startedAtMs = clock.monotonicMs()
      try {
        const result = await send(call, exchange, fact)
        fact.outcome = 'done'
        return result
      } catch (error) {
        noteFailure(error, fact, exchange)
        throw error
      } finally {
        fact.durationMs = clock.monotonicMs() - startedAtMs
        exchange.facts.coreCalls.push(fact)
        metrics.coreCallSeconds.observe({ operation, outcome: fact.outcome }, fact.durationMs / 1000)
      }
    },

    states: breakers.states,

    async close(): Promise<void> {
      breakers.close()
      await http.close()
    },
  }
}

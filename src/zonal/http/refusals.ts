import type { Middleware } from 'koa'
import { Refusal } from '../../model/refusal.ts'
import type { Facts } from '../../exchange.ts'
import { describeError, type Logger } from '../../observability/logger.ts'
import type { TrackedState } from '../../observability/tracking.ts'
import { replyRefusal, type ReplySettings } from '../dialects/json/replies.ts'
import { operationUnknown } from '../dialects/json/read-request.ts'
import { RequestInvalid } from '../messages/request-invalid.ts'
import type { Timers } from '../../time/clock.ts'
import { createSlowdown } from './slowdown.ts'

export type RefusalSettings = ReplySettings & {
  /** Answers still go out, and ask for a new connection elsewhere. */
  isDraining: () => boolean
  /** Once aborted the listener is closed: what still arrives on an open connection is not begun. */
  stopping: AbortSignal
  timers: Timers
}

/** The one place that turns an error into an answer: in the till's own shape, whatever went wrong. */
export function createRefusalAnswers(settings: RefusalSettings, log: Logger): Middleware<TrackedState> {
  const slowdown = createSlowdown(settings.stopping, settings.timers)
  return async function answerRefusals(ctx, next) {
    const { exchange } = ctx.state
    try {
      if (settings.stopping.aborted) throw new Refusal('STOPPING')
      await next()
      if (ctx.status === 404) throw operationUnknown()
    } catch (error) {
      const refusal = asRefusal(error)
      if (!(error instanceof Refusal) && refusal.code === 'INTERNAL_ERROR')
        log.error(
          { requestId: exchange.requestId, error: describeError(error) },
          'a request failed in a way nobody foresaw',
        )
      const isSlowed = refusal.code !== 'CREDENTIALS_LOCKED' || (await slowdown.wait(exchange.leftMs()))
      if (!isSlowed) ctx.set('Connection', 'close')
      ctx.state.code = refusal.code
      const { requestId, message: operation, isKept, facts } = exchange
      Object.assign(facts, explain(refusal, facts))
      const reply = replyRefusal({ requestId, refusal, operation, isKept, settings })
      ctx.status = reply.status
      ctx.set(reply.headers)
      ctx.body = reply.body
    } finally {
      if (settings.isDraining()) ctx.set('Connection', 'close')
    }
  }
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  return new Refusal('INTERNAL_ERROR', { cause: error })
}

/** For the log line: why, in a few words that the code does not say; if it says all, nothing. */
function explain(refusal: Refusal, { coreCalls }: Facts): Pick<Facts, 'field' | 'reason'> {
  if (refusal instanceof RequestInvalid) return { field: refusal.field, reason: refusal.problem }
  if (refusal.message !== refusal.code) return { reason: refusal.message }
  if (refusal.code !== 'NOT_REDEEMED' && refusal.code !== 'NOT_GIVEN_BACK_YET') return {}
  const reason = coreCalls.at(-1)?.reason
  return reason === undefined ? {} : { reason }
}

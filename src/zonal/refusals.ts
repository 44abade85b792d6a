import type { Middleware } from 'koa'
import { StorageUnavailable } from '../journal/journal.ts'
import { Refusal } from '../loyalty/refusal.ts'
import { describeError, type Logger } from '../observability/logger.ts'
import type { TrackedState } from '../observability/tracking.ts'
import { replyRefusal, type ReplySettings } from './replies.ts'
import { operationUnknown, readOperation } from './read-request.ts'
import { createSlowdown } from './slowdown.ts'

export type RefusalSettings = ReplySettings & {
  /** Answers still go out, and ask for a new connection elsewhere. */
  isDraining: () => boolean
  /** Once aborted the listener is closed: what still arrives on an open connection is not begun. */
  stopping: AbortSignal
}

/** The one place that turns an error into an answer: in the till's own shape, whatever went wrong. */
export function createRefusalAnswers(settings: RefusalSettings, log: Logger): Middleware<TrackedState> {
  const slowdown = createSlowdown(settings.stopping)
  return async function answerRefusals(ctx, next) {
    const { exchange } = ctx.state
    try {
      if (settings.stopping.aborted) throw new Refusal('STOPPING')
      await next()
      if (ctx.status === 404) throw operationUnknown()
    } catch (error) {
      const refusal = asRefusal(error)
      if (refusal.code === 'INTERNAL_ERROR')
        log.error(
          { requestId: exchange.requestId, error: describeError(error) },
          'a request failed in a way nobody foresaw',
        )
      const isSlowed = refusal.code !== 'CREDENTIALS_LOCKED' || (await slowdown.wait(exchange.leftMs()))
      if (!isSlowed) ctx.set('Connection', 'close')
      ctx.state.code = refusal.code
      const { requestId, facts } = exchange
      const operation = facts.message === undefined ? undefined : readOperation(facts.message)
      const reply = replyRefusal({ requestId, refusal, operation, isKept: facts.isKept === true, settings })
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
  if (error instanceof StorageUnavailable) return new Refusal('STORAGE_UNAVAILABLE', { cause: error })
  return new Refusal('INTERNAL_ERROR', { cause: error })
}

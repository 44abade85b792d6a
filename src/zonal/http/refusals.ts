import type { Middleware } from 'koa'
import { Refusal } from '../../model/refusal.ts'
import type { CoreCallFact, Facts } from '../../exchange.ts'
import { describeError, type Logger } from '../../observability/logger.ts'
import type { Dialect, ReplySettings } from '../dialect.ts'
import { operationUnknown } from '../messages/raw-message.ts'
import { RequestInvalid } from '../messages/request-invalid.ts'
import { send } from './reply.ts'
import type { Timers } from '../../time/clock.ts'
import { createSlowdown } from './slowdown.ts'
import type { TillState } from './state.ts'

export type RefusalDeps = {
  settings: ReplySettings
  /** Requests are still answered, but the till is asked to connect again, which leads it elsewhere. */
  isDraining: () => boolean
  /** Aborted once the listener is closed: requests that still arrive on an open connection are not begun. */
  stopping: AbortSignal
  timers: Timers
  log: Logger
}

/** The only place that turns an error into an answer: whatever went wrong, the till is told in its own format. */
export function createRefusalAnswers({
  settings,
  isDraining,
  stopping,
  timers,
  log,
}: RefusalDeps): Middleware<TillState> {
  const slowdown = createSlowdown(stopping, timers)
  return async function answerRefusals(ctx, next) {
    const { dialect, exchange } = ctx.state
    const { requestId, facts } = exchange
    try {
      if (stopping.aborted) throw new Refusal('STOPPING')
      await next()
      if (ctx.status === 404) throw operationUnknown()
    } catch (error) {
      const refusal = asRefusal(error)
      if (!(error instanceof Refusal))
        log.error({ requestId, error: describeError(error) }, 'a request failed unexpectedly')
      const isSlowed = refusal.code !== 'CREDENTIALS_LOCKED' || (await slowdown.wait(exchange.leftMs()))
      if (!isSlowed) ctx.set('Connection', 'close')
      ctx.state.code = refusal.code
      Object.assign(facts, reasonOf(refusal, dialect, facts.coreCalls))
      const { message: operation, isKept } = exchange
      const { reference } = ctx.state
      const refused = { refusal, operation, isKept, settings }
      send(ctx, dialect.writeRefusal(refused, { requestId, reference }))
    } finally {
      if (isDraining()) ctx.set('Connection', 'close')
    }
  }
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  return new Refusal('INTERNAL_ERROR', { cause: error })
}

/** For the log line: the reason in a few words, if the code does not say it all. */
function reasonOf(
  refusal: Refusal,
  { spell }: Dialect,
  coreCalls: readonly CoreCallFact[],
): Pick<Facts, 'field' | 'reason'> {
  if (refusal instanceof RequestInvalid) {
    const { field, problem } = refusal.spelled(spell)
    return { field, reason: problem }
  }
  if (refusal.message !== refusal.code) return { reason: refusal.message }
  if (refusal.code !== 'NOT_REDEEMED' && refusal.code !== 'NOT_GIVEN_BACK_YET') return {}
  const reason = coreCalls.at(-1)?.reason
  return reason === undefined ? {} : { reason }
}

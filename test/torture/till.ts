import { createTill, type Till, type TillAnswer } from '../simulators/till.ts'
import type {
  Operation,
  TillBalance,
  TillCredit,
  TillDebit,
  TillTicket,
} from '../simulators/till/messages.ts'
import type { Figures } from './figures.ts'
import type { Heard } from './memory.ts'
import { apiKey } from './project.ts'
import type { Supervised } from './service.ts'

/** A till that waits longer would never learn how late an answer was. */
const patienceMs = 10_000

/** What the service may say to a till that makes no mistake, when the world around it is in trouble. */
const foreseen = new Set([
  'MEMBER_BLOCKED',
  'REWARD_ALREADY_REDEEMED',
  'REWARD_NOT_ACTIVE',
  'NOTHING_TO_GIVE_BACK',
  'ALREADY_GIVEN_BACK',
  'CREDENTIALS_WRONG',
  'KEY_NOT_ALLOWED',
  'TRY_AGAIN_SHORTLY',
  'CORE_UNAVAILABLE',
  'CORE_BUSY',
  'NOT_REDEEMED',
  'NOT_GIVEN_BACK_YET',
  'STORAGE_UNAVAILABLE',
  'STOPPING',
])

export type MeasuredTill = ReturnType<typeof createMeasuredTill>

/** A till whose every call is counted and timed. `note` is told what was asked and heard, for a timeline. */
export function createMeasuredTill(
  venueId: string,
  service: Supervised,
  figures: Figures,
  note: (event: object) => void,
) {
  /** @param hangUpAfterMs absent: it waits for the answer */
  function asker<Message>(operation: Operation, send: (till: Till, message: Message) => Promise<TillAnswer>) {
    return async (message: Message, hangUpAfterMs?: number): Promise<Heard> => {
      figures.operation(operation)
      const life = service.life()
      const at = new Date().toISOString()
      const what = `${operation} at ${venueId} ${at}`
      const endWait = figures.wait(what)
      const till = createTill({
        baseUrl: service.url,
        venueId,
        apiKey,
        patienceMs: hangUpAfterMs ?? patienceMs,
      })
      const heard = await send(till, message).then(
        (answer) => {
          endWait()
          return understand(answer, what)
        },
        (error: unknown) => {
          const isKilled = life === undefined || life !== service.life()
          noteLost(error, hangUpAfterMs !== undefined, isKilled, what, endWait)
          return { kind: 'lost' } as const
        },
      )
      note({ at, venueId, operation, message, hangUpAfterMs, heard })
      return heard
    }
  }

  function understand({ status, reply, text }: TillAnswer, what: string): Heard {
    if (reply.response === 'OK') {
      figures.answer('OK')
      return { kind: 'ok', ...(reply.redemptionId && { redemptionId: reply.redemptionId }) }
    }
    const { code = 'none' } = reply
    figures.answer(code)
    if (!foreseen.has(code)) figures.broken.push(`unforeseen: ${what} heard ${status} ${text}`)
    return { kind: status === 200 ? 'refused' : 'failed', code }
  }

  function noteLost(
    error: unknown,
    mayHangUp: boolean,
    isKilled: boolean,
    what: string,
    endWait: () => void,
  ) {
    const isTimeOver = error instanceof Error && error.name === 'TimeoutError'
    if (isTimeOver && mayHangUp) return figures.answer('hung up')
    if (isTimeOver && !isKilled) return endWait()
    if (isKilled) return figures.answer('cut by a kill')
    figures.answer('dropped')
    figures.broken.push(`dropped: ${what}: ${String(error)}`)
  }

  return {
    venueId,
    balance: asker<TillBalance>('balance', (till, message) => till.balance(message)),
    debit: asker<TillDebit>('debit', (till, message) => till.debit(message)),
    credit: asker<TillCredit>('credit', (till, message) => till.credit(message)),
    ticket: asker<TillTicket>('ticket', (till, message) => till.ticket(message)),
  }
}

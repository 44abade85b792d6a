import { replicaHeader } from '../sandbox/round-robin.ts'
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
import type { Fate, Target } from './target.ts'

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
  target: Target,
  figures: Figures,
  note: (event: object) => void,
) {
  /** @param hangUpAfterMs absent: it waits for the answer */
  function asker<Message>(operation: Operation, send: (till: Till, message: Message) => Promise<TillAnswer>) {
    return async (message: Message, hangUpAfterMs?: number): Promise<Heard> => {
      figures.operation(operation)
      const at = new Date().toISOString()
      const what = `${operation} at ${venueId} ${at}`
      const call: Sent = {
        what,
        askedAtMs: performance.now(),
        mayHangUp: hangUpAfterMs !== undefined,
        fateOf: target.watch(),
        endWait: figures.wait(what),
      }
      const till = createTill({
        baseUrl: target.url,
        venueId,
        apiKey,
        patienceMs: hangUpAfterMs ?? patienceMs,
      })
      const heard = await send(till, message).then(
        (answer) => hear(answer, call),
        (error: unknown) => lose(String(error), call, { isTimeOver: isTimeout(error) }),
      )
      note({ at, venueId, operation, message, hangUpAfterMs, heard })
      return heard
    }
  }

  function hear(answer: TillAnswer, call: Sent): Heard {
    const { status, reply, text, headers } = answer
    const replica = replicaOf(answer)
    const isTimeOver = status === 504
    if (status === 502 || isTimeOver) return lose(`status ${status}`, call, { isTimeOver, replica })
    call.endWait({ isFrozen: call.fateOf(replica) === 'frozen' })
    if (reply.response === 'OK') {
      figures.answer('OK')
      const { redemptionId } = reply
      const isReplayed = headers['x-idempotent-replayed'] !== undefined
      const { askedAtMs } = call
      const ok = { redemptionId, replica: replica ?? 0, askedAtMs, heardAtMs: performance.now(), isReplayed }
      return { kind: 'ok', ok }
    }
    const { code = 'none' } = reply
    figures.answer(code)
    if (!foreseen.has(code)) figures.broken.push(`unforeseen: ${call.what} heard ${status} ${text}`)
    return { kind: status === 200 ? 'refused' : 'failed', code }
  }

  function lose(
    why: string,
    { what, mayHangUp, fateOf, endWait }: Sent,
    { isTimeOver, replica }: { isTimeOver: boolean; replica?: number | undefined },
  ): Heard {
    const fate = fateOf(replica)
    if (isTimeOver && mayHangUp) figures.answer('hung up')
    else if (fate === 'frozen') figures.answer('lost by a freeze')
    else if (isTimeOver && fate === 'nothing') endWait()
    else if (fate === 'ended') figures.answer('cut by a kill')
    else {
      figures.answer('dropped')
      figures.broken.push(`dropped: ${what}: ${why}`)
    }
    return { kind: 'lost' }
  }

  return {
    venueId,
    balance: asker<TillBalance>('balance', (till, message) => till.balance(message)),
    debit: asker<TillDebit>('debit', (till, message) => till.debit(message)),
    credit: asker<TillCredit>('credit', (till, message) => till.credit(message)),
    ticket: asker<TillTicket>('ticket', (till, message) => till.ticket(message)),
  }
}

type Sent = {
  what: string
  askedAtMs: number
  mayHangUp: boolean
  fateOf: (replica: number | undefined) => Fate
  endWait: (how?: { isFrozen: boolean }) => void
}

/** @returns which replica a round-robin has asked, counted from 0; undefined without a round-robin */
function replicaOf({ headers }: TillAnswer): number | undefined {
  const replica = headers[replicaHeader]
  return replica === undefined ? undefined : Number(replica) - 1
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError'
}

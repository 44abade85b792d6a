import { redemptionId } from '../model/keys.ts'
import type { CreditDecision } from './decide-credit.ts'
import {
  keyMs,
  type Call,
  type CreditIntent,
  type DebitIntent,
  type Redemption,
  type RedemptionSecret,
} from './redemption.ts'

/** A row to be inserted, and what is sealed in it. */
export type NewRedemption = { redemption: Redemption; secret: RedemptionSecret | undefined }

/**
 * The row of a debit whose call is about to leave.
 * @param attempt `id`: `redemptionId` of its key and number
 */
export function beginDebit(
  intent: DebitIntent,
  { id, attempt, nowMs, call }: { id: string; attempt: number; nowMs: number; call: Call },
): NewRedemption {
  const { hasTransactionId: _, secret, ...content } = intent
  return {
    redemption: {
      ...initial,
      ...content,
      id,
      attempt,
      state: 'sent',
      createdAtMs: nowMs,
      sentAtMs: nowMs,
      call,
      dueAtMs: call.untilMs,
      keyUntilMs: nowMs + keyMs,
    },
    secret,
  }
}

/**
 * The row for a credit whose debit is not in the journal. It refuses the debit if that comes late, and remembers the
 * credit's answer. It is in doubt if the core is asked, else it is a tombstone in state `reversed`.
 *
 * @param attempt the next one under the debit's key; its reference is used unless the credit names another
 */
export function beginUnseen(
  intent: CreditIntent,
  decision: Extract<CreditDecision, { do: 'adopt' | 'leaveTombstone' }>,
  { attempt, nowMs, call }: { attempt: number; nowMs: number; call: Call },
): NewRedemption {
  const { key, reference } = decision
  const { redemptionId: _id, debitKey: _key, secret, ...content } = intent
  const isAsked = decision.do === 'adopt'
  return {
    redemption: {
      ...initial,
      ...content,
      id: reference === redemptionId(key, 1) ? redemptionId(key, attempt) : reference,
      key,
      attempt,
      state: isAsked ? 'in_doubt' : 'reversed',
      createdAtMs: nowMs,
      sentAtMs: undefined,
      call: isAsked ? call : undefined,
      dueAtMs: isAsked ? call.untilMs : undefined,
      keyUntilMs: nowMs + (isAsked ? keyMs : decision.forMs),
      undo: { by: 'till', sinceMs: nowMs, calls: isAsked ? 1 : 0, refusals: 0, last: undefined },
    },
    secret: isAsked ? secret : undefined,
  }
}

/** The fields that only later events set. */
const initial = {
  revision: 1,
  trace: undefined,
  confirmedAtMs: undefined,
  answeredAtMs: undefined,
  undo: undefined,
  undoNumber: 1,
  creditKey: undefined,
  ticketKey: undefined,
  isNamedByTicket: false,
  moved: undefined,
  refusedWith: undefined,
  givenBack: undefined,
  settled: undefined,
}

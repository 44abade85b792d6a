import type { What } from '../../src/model/words.ts'
import type { HeardOk } from './unnoted.ts'

/** What came of one message, as a till understands it. */
export type Heard =
  | { kind: 'ok'; ok: HeardOk }
  /** Business as usual: the answer is no. */
  | { kind: 'refused'; code: string }
  /** A problem; what it means for the guest is in the code. */
  | { kind: 'failed'; code: string }
  /** The till hung up, or the line was cut. */
  | { kind: 'lost' }

/** `unsure` if the last word never came. */
export type Belief = 'taken' | 'not taken' | 'unsure'

/** A reward or points that a till wants for a bill, and what it knows of them. */
export type Wish = {
  venueId: string
  cardNumber: string
  accountNumber: string
  what: What
  /** Of the latest debit; a coupon needs none. */
  transactionId: string | undefined
  /** Every transaction id it was asked for with; one entry is undefined if there was none. */
  asked: Set<string | undefined>
  /** Of the latest debit, if it was answered OK. */
  redemptionId?: string | undefined
  belief: Belief
  /** Of its debits. */
  oks: HeardOk[]
}

/** One closing of a bill. */
export type Bill = {
  till: string
  venueId: string
  ticketId: string
  cardNumber: string | undefined
  accountNumber: string
  closedAt: Date
  totalMinor: number
  /** A reward that the till gave on this bill. */
  coupon: string | undefined
  /** What the till wanted for it. */
  wish?: Wish | undefined
  isAccepted: boolean
}

export function afterDebit(belief: Belief, heard: Heard): Belief {
  switch (heard.kind) {
    case 'ok':
      return 'taken'
    case 'refused':
      return 'not taken'
    case 'lost':
      return belief === 'taken' ? belief : 'unsure'
    // Nothing new was done; what an earlier call did is as it was.
    case 'failed':
      return belief
  }
}

export function afterCredit(belief: Belief, heard: Heard): Belief {
  switch (heard.kind) {
    case 'ok':
      return 'not taken'
    case 'refused':
      return isGone(heard) ? 'not taken' : belief
    case 'lost':
      return belief === 'taken' ? 'unsure' : belief
    case 'failed':
      // A promise: it will be, by itself.
      return heard.code === 'NOT_GIVEN_BACK_YET' ? 'not taken' : belief
  }
}

/** Whether an answer says that what the till was given is not taken, though nobody has asked for it back. */
export function isDenied(belief: Belief, message: 'debit' | 'credit', heard: Heard): boolean {
  if (belief !== 'taken' || heard.kind !== 'refused') return false
  return message === 'debit' || isGone(heard)
}

function isGone({ code }: { code: string }): boolean {
  return code === 'NOTHING_TO_GIVE_BACK' || code === 'ALREADY_GIVEN_BACK'
}

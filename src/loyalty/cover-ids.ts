import { createSpotter } from '../observability/secret-spotter.ts'
import type { What } from './words.ts'

/**
 * Tabs may be named by the guest's card. The core and the event hear an id as the till says it; everywhere else, such as
 * in keys, clear columns, headers and log lines, a keyed hash stands for an id that holds the card number.
 */
export type CoverId = (id: string, cardNumber: string | undefined) => string

/** @param hash keyed: the same id has the same stand-in for as long as the key is the same */
export function createCoverId(hash: (text: string) => string): CoverId {
  return function coverId(id, cardNumber) {
    // No spelling is shorter than the card number itself.
    if (cardNumber === undefined || id.length < cardNumber.length) return id
    if (!createSpotter(cardNumber)(id)) return id
    return `id-${hash(`id:${id}`).slice(0, 32)}`
  }
}

/** Ids that name a debit, a credit or a ticket, here and in the journal. */
type Ids = {
  cardNumber?: string
  transactionId?: string
  originalTransactionId?: string
  accountNumber?: string
  ticketId?: string
}

const names = ['transactionId', 'originalTransactionId', 'accountNumber', 'ticketId'] as const

/** @returns the message itself if none of its ids holds its card number */
export function coverIds<Message extends Ids>(message: Message, coverId: CoverId): Message {
  const covered = names.flatMap((name) => {
    const id = message[name]
    const stand = id === undefined ? id : coverId(id, message.cardNumber)
    return stand === id ? [] : [[name, stand] as const]
  })
  return covered.length === 0 ? message : { ...message, ...Object.fromEntries(covered) }
}

/**
 * A coupon's id is the core's own, and is needed as it is for as long as it can be given back. So one that is the card
 * number, or holds it in whatever spelling, is taken for a slip of the till; unless it is built as a core may build its
 * ids (`uc-CARD10001-3`), whose shape is not public (assumed). A short card may be equal to an id by chance.
 */
export function isNoCoupon(what: What | undefined, cardNumber: string): boolean {
  if (what?.kind !== 'coupon' || cardNumber.length < 8) return false
  const { rewardId } = what
  return createSpotter(cardNumber)(rewardId) && !isBuiltFrom(rewardId, cardNumber)
}

function isBuiltFrom(rewardId: string, cardNumber: string): boolean {
  if (!/^[\w.:-]{1,128}$/.test(rewardId) || rewardId === cardNumber) return false
  return rewardId.split(/[_.:-]/).includes(cardNumber)
}

/** A redemption's id is ours. */
export function isNoRedemption(id: string | undefined, cardNumber: string): boolean {
  return id !== undefined && createSpotter(cardNumber)(id)
}

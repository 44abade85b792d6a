import { createSpotter } from '../model/secret-spotter.ts'
import type { Moved, What } from '../model/words.ts'

/**
 * Tabs may be named by the guest's card, and a core may build the ids of its coupons from it. The core and the event hear
 * an id as the till says it; everywhere else, such as in keys, clear columns, headers and log lines, a keyed hash stands
 * for an id that holds the card number.
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

/** Ids that name a debit, a credit or a ticket, here and in the journal, and what is taken or given back. */
type Ids = {
  cardNumber?: string
  transactionId?: string
  originalTransactionId?: string
  accountNumber?: string
  ticketId?: string
  what?: What
}

const names = ['transactionId', 'originalTransactionId', 'accountNumber', 'ticketId'] as const

/** @returns the message itself if none of its ids holds its card number */
export function coverIds<Message extends Ids>(message: Message, coverId: CoverId): Message {
  const { cardNumber, what } = message
  const covered = names.flatMap((name) => {
    const id = message[name]
    const stand = id === undefined ? id : coverId(id, cardNumber)
    return stand === id ? [] : [[name, stand] as const]
  })
  const coveredWhat = what && coverWhat(what, cardNumber, coverId)
  if (covered.length === 0 && coveredWhat === what) return message
  return { ...message, ...Object.fromEntries(covered), ...(coveredWhat && { what: coveredWhat }) }
}

function coverWhat(what: What, cardNumber: string | undefined, coverId: CoverId): What {
  if (what.kind === 'points') return what
  const standIn = coverId(what.rewardId, cardNumber)
  return standIn === what.rewardId ? what : { ...what, standIn }
}

/** @returns what the core said, as it may be written down: without the card number in a reward's id and texts */
export function coverMoved(moved: Moved, cardNumber: string, coverId: CoverId): Moved {
  if (!moved.reward) return moved
  const texts = Object.entries(moved.reward).map(([name, value]) => {
    if (typeof value !== 'string') return [name, value]
    const stand = coverId(value, cardNumber)
    return [name, stand === value || name === 'id' ? stand : undefined]
  })
  return { ...moved, reward: Object.fromEntries(texts) }
}

/** @returns what was written down, with the coupon's own id again, for the till */
export function uncoverMoved(moved: Moved, what: What): Moved {
  const { reward } = moved
  if (!reward || what.kind !== 'coupon' || reward.id !== what.standIn) return moved
  return { ...moved, reward: { ...reward, id: what.rewardId } }
}

/** A redemption's id is ours. */
export function isNoRedemption(id: string | undefined, cardNumber: string): boolean {
  return id !== undefined && createSpotter(cardNumber)(id)
}

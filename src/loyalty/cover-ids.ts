import { createSpotter } from '../model/secret-spotter.ts'
import type { Moved, What } from '../model/words.ts'

/**
 * A tab may be named after the guest's card, and a core may build coupon ids from the card number. The core and the
 * ticket's event get such an id as the till sent it. Everywhere else (keys, unsealed columns, headers, log lines) a
 * keyed hash replaces it.
 */
export type CoverId = (id: string, cardNumber: string | undefined) => string

/** @param hash keyed: an id has the same stand-in for as long as the key does not change */
export function createCoverId(hash: (text: string) => string): CoverId {
  return function coverId(id, cardNumber) {
    // No spelling is shorter than the card number itself.
    if (cardNumber === undefined || id.length < cardNumber.length) return id
    if (!createSpotter(cardNumber)(id)) return id
    return `id-${hash(`id:${id}`).slice(0, 32)}`
  }
}

/** The fields of a debit, credit or ticket that may contain its card number. */
export type Ids = {
  cardNumber?: string
  transactionId?: string
  originalTransactionId?: string
  accountNumber?: string
  ticketId?: string
  what?: What
}

const idFields = ['transactionId', 'originalTransactionId', 'accountNumber', 'ticketId'] as const

/** @returns the message itself if none of its ids contains its card number */
export function coverIds<Message extends Ids>(message: Message, coverId: CoverId): Message {
  const { cardNumber, what } = message
  const covered = idFields.flatMap((name) => {
    const id = message[name]
    const standIn = id === undefined ? id : coverId(id, cardNumber)
    return standIn === id ? [] : [[name, standIn] as const]
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

/** @returns the core's answer as it may be stored: without the card number in the reward's id and texts */
export function coverMoved(moved: Moved, cardNumber: string, coverId: CoverId): Moved {
  if (!moved.reward) return moved
  const texts = Object.entries(moved.reward).map(([name, value]) => {
    if (typeof value !== 'string') return [name, value]
    const covered = coverId(value, cardNumber)
    return [name, covered === value || name === 'id' ? covered : undefined]
  })
  return { ...moved, reward: Object.fromEntries(texts) }
}

/** @returns the stored answer with the coupon's own id again, for the till */
export function uncoverMoved(moved: Moved, what: What): Moved {
  const { reward } = moved
  if (!reward || what.kind !== 'coupon' || reward.id !== what.standIn) return moved
  return { ...moved, reward: { ...reward, id: what.rewardId } }
}

/** Redemption ids are ours, so none contains a card number. */
export function isForeignRedemptionId(id: string | undefined, cardNumber: string): boolean {
  return id !== undefined && createSpotter(cardNumber)(id)
}

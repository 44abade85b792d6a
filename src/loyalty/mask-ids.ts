import { createSpotter } from '../model/secret-spotter.ts'
import type { Moved, What } from '../model/words.ts'

/**
 * A tab may be named after the guest's card, and a core may build coupon ids from the card number. The core and the
 * ticket's event get such an id as the till sent it. Everywhere else (keys, unsealed columns, headers, log lines) a
 * keyed hash replaces it.
 */
export type MaskId = (id: string, cardNumber: string | undefined) => string

/** @param hash keyed: an id has the same stand-in for as long as the key does not change */
export function createMaskId(hash: (text: string) => string): MaskId {
  return function maskId(id, cardNumber) {
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
export function maskIds<Message extends Ids>(message: Message, maskId: MaskId): Message {
  const { cardNumber, what } = message
  const masked = idFields.flatMap((name) => {
    const id = message[name]
    const standIn = id === undefined ? id : maskId(id, cardNumber)
    return standIn === id ? [] : [[name, standIn] as const]
  })
  const maskedWhat = what && maskWhat(what, cardNumber, maskId)
  if (masked.length === 0 && maskedWhat === what) return message
  return { ...message, ...Object.fromEntries(masked), ...(maskedWhat && { what: maskedWhat }) }
}

function maskWhat(what: What, cardNumber: string | undefined, maskId: MaskId): What {
  if (what.kind === 'points') return what
  const standIn = maskId(what.rewardId, cardNumber)
  return standIn === what.rewardId ? what : { ...what, standIn }
}

/** @returns the core's answer as it may be stored: without the card number in the reward's id and texts */
export function maskMoved(moved: Moved, cardNumber: string, maskId: MaskId): Moved {
  if (!moved.reward) return moved
  const texts = Object.entries(moved.reward).map(([name, value]) => {
    if (typeof value !== 'string') return [name, value]
    const masked = maskId(value, cardNumber)
    return [name, masked === value || name === 'id' ? masked : undefined]
  })
  return { ...moved, reward: Object.fromEntries(texts) }
}

/** @returns the stored answer with the coupon's own id again, for the till */
export function unmaskMoved(moved: Moved, what: What): Moved {
  const { reward } = moved
  if (!reward || what.kind !== 'coupon' || reward.id !== what.standIn) return moved
  return { ...moved, reward: { ...reward, id: what.rewardId } }
}

/** Redemption ids are ours, so none contains a card number. */
export function isForeignRedemptionId(id: string | undefined, cardNumber: string): boolean {
  return id !== undefined && createSpotter(cardNumber)(id)
}

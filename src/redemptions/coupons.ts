import type { CardBill, Redemption } from './redemption.ts'

export type CouponsDecision = {
  /** For the ticket's event, in order. */
  coupons: string[]
  /** Redemptions that go out with this ticket from now on. */
  claims: { redemption: Redemption; isNamed: boolean }[]
  /** The ticket is void: these are free for another ticket. */
  releases: Redemption[]
}

/**
 * Which coupons were redeemed with a closed bill: those that the ticket names, or if it names none of ours, those that
 * its card took on the bill while it was open. A redemption goes out with one ticket, and with that one again if it is
 * reopened. A ticket that names it takes it over from one that it was only guessed for. A void frees it.
 *
 * @param redemptions of coupons that the card took at this venue, of those that the ticket names, and of those that
 * went out with it before, oldest first; if it names rewards, also what was given back of them, or may be
 */
export function decideCoupons(bill: CardBill, redemptions: Redemption[]): CouponsDecision {
  const named = bill.named.map((entry) => findNamed(bill, redemptions, entry))
  const claimed = named.flatMap(({ redemption }) => redemption ?? [])
  const isGuessed = bill.kind !== 'refund' && claimed.length === 0
  const kept = redemptions.filter((one) => isOfCard(bill, one) && one.ticketKey === bill.ticketKey)
  const guessed = isGuessed ? redemptions.filter((one) => isOfBill(bill, one) && isFree(bill, one)) : []

  const namedIds = new Set(claimed.map(({ id }) => id))
  const found = [...new Map([...kept, ...guessed, ...claimed].map((one) => [one.id, one])).values()]
  const coupons = [...found.flatMap(couponOf), ...named.flatMap(({ rewardId }) => rewardId ?? [])]
  const isVoid = bill.kind === 'void'
  return {
    coupons: [...new Set(coupons)],
    claims: isVoid
      ? []
      : found.map((redemption) => ({
          redemption,
          isNamed: namedIds.has(redemption.id) || wasNamed(bill, redemption),
        })),
    releases: isVoid ? redemptions.filter(({ ticketKey }) => ticketKey === bill.ticketKey) : [],
  }
}

type Named = {
  redemption?: Redemption
  /** A reward that the ticket names, and of which we know nothing: it counts as redeemed. */
  rewardId?: string
}

function findNamed(bill: CardBill, redemptions: Redemption[], entry: CardBill['named'][number]): Named {
  const { redemptionId, rewardId } = entry
  const byId = redemptionId === undefined ? undefined : redemptions.find(({ id }) => id === redemptionId)
  if (byId) return isOfCard(bill, byId) && canBeNamed(bill, byId) ? { redemption: byId } : {}
  if (rewardId === undefined) return {}
  const known = redemptions.filter(
    (one) => couponOf(one).includes(rewardId) && isOfSameCard(bill, one) && wasEverTaken(one),
  )
  if (known.length === 0) return { rewardId }
  const free = known.filter((one) => isOfCard(bill, one) && canBeNamed(bill, one))
  const redemption = free.findLast((one) => isInTime(bill, one)) ?? free.at(-1)
  return redemption ? { redemption } : {}
}

/** Whether it was taken, or may be, even if it was given back. A refused debit does not say what became of the reward. */
function wasEverTaken({ state }: Redemption): boolean {
  return state !== 'refused' && state !== 'not_done'
}

/** Confirmed, and of the same venue and card as the ticket. */
function isOfCard(bill: CardBill, redemption: Redemption): boolean {
  return redemption.state === 'confirmed' && isOfSameCard(bill, redemption)
}

function isOfSameCard(bill: CardBill, { venue, cardHash }: Redemption): boolean {
  return venue === bill.venue && cardHash === bill.cardHash
}

function isOfBill(bill: CardBill, redemption: Redemption): boolean {
  const { account } = redemption
  if (!isOfCard(bill, redemption) || account === undefined || !isInTime(bill, redemption)) return false
  return account === bill.account || account === bill.formerAccount
}

function isInTime({ fromMs, toMs }: CardBill, { confirmedAtMs = 0 }: Redemption): boolean {
  return confirmedAtMs >= fromMs && confirmedAtMs <= toMs
}

function isFree(bill: CardBill, { ticketKey }: Redemption): boolean {
  return ticketKey === undefined || ticketKey === bill.ticketKey
}

function canBeNamed(bill: CardBill, redemption: Redemption): boolean {
  return isFree(bill, redemption) || !redemption.isNamedByTicket
}

function wasNamed(bill: CardBill, { isNamedByTicket, ticketKey }: Redemption): boolean {
  return isNamedByTicket && ticketKey === bill.ticketKey
}

function couponOf({ what }: Redemption): string[] {
  return what?.kind === 'coupon' ? [what.rewardId] : []
}

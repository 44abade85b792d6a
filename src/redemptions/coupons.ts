import type { BillRedemption, CardBill, CouponsDecision } from './redemption.ts'

/**
 * Which coupons were redeemed with a closed bill. What the ticket names counts; if it names none that we know, what the
 * card took on the bill while it was open does. A redemption goes out with one ticket, and with that one again when it
 * is reopened; a ticket that names it takes it over from one that it was only guessed for. A void frees it.
 *
 * @param known redemptions of the card at this venue and those that the ticket names, the oldest first
 */
export function decideCoupons(bill: CardBill, known: BillRedemption[]): CouponsDecision {
  const named = bill.named.map((entry) => findNamed(bill, known, entry))
  const claimed = named.flatMap(({ redemption }) => redemption ?? [])
  const isGuessed = bill.kind !== 'refund' && claimed.length === 0
  const kept = known.filter((one) => one.isOfCard && one.ticketKey === bill.ticketKey)
  const guessed = isGuessed ? known.filter((one) => isOfBill(bill, one) && isFree(bill, one)) : []

  const namedIds = new Set(claimed.map(({ id }) => id))
  const found = new Map([...kept, ...guessed, ...claimed].map((one) => [one.id, one]))
  const coupons = [
    ...[...found.values()].map(({ rewardId }) => rewardId),
    ...named.flatMap(({ rewardId }) => rewardId ?? []),
  ]
  const isReleased = bill.kind === 'void'
  return {
    coupons: [...new Set(coupons)],
    claims: isReleased
      ? []
      : [...found.values()].map(({ id, isNamed, ticketKey }) => ({
          id,
          isNamed: namedIds.has(id) || (isNamed && ticketKey === bill.ticketKey),
        })),
    isReleased,
  }
}

type Named = {
  redemption?: BillRedemption
  /** A reward that the ticket names and nothing is known of here: its word counts. */
  rewardId?: string
}

function findNamed(bill: CardBill, known: BillRedemption[], entry: CardBill['named'][number]): Named {
  const { redemptionId, rewardId } = entry
  const byId = redemptionId === undefined ? undefined : known.find(({ id }) => id === redemptionId)
  if (byId) return byId.isOfCard && canBeNamed(bill, byId) ? { redemption: byId } : {}
  if (rewardId === undefined) return {}
  const ofReward = known.filter((one) => one.rewardId === rewardId && one.isOfCard && isInTime(bill, one))
  if (ofReward.length === 0) return { rewardId }
  const redemption = ofReward.findLast((one) => canBeNamed(bill, one))
  return redemption ? { redemption } : {}
}

function isOfBill(bill: CardBill, redemption: BillRedemption): boolean {
  const { isOfCard, account } = redemption
  if (!isOfCard || account === undefined || !isInTime(bill, redemption)) return false
  return account === bill.account || account === bill.formerAccount
}

function isInTime({ fromMs, toMs }: CardBill, { confirmedAtMs }: BillRedemption): boolean {
  return confirmedAtMs >= fromMs && confirmedAtMs <= toMs
}

function isFree(bill: CardBill, { ticketKey }: BillRedemption): boolean {
  return ticketKey === undefined || ticketKey === bill.ticketKey
}

function canBeNamed(bill: CardBill, redemption: BillRedemption): boolean {
  return isFree(bill, redemption) || !redemption.isNamed
}

import type { BillRedemption, CardBill, CouponsDecision } from '../redemptions/redemption.ts'
import type { Database, Row } from './sqlite/database.ts'
import { openReward, textOrNothing } from './redemption-row.ts'
import type { Seal } from './seal.ts'

/** Which redemptions go out with which ticket. */
export function createBillCoupons(db: Database, seal: Seal) {
  /**
   * Runs inside the transaction that takes the ticket in.
   * @returns the coupons that go out with it
   */
  return function claimCoupons(
    bill: CardBill,
    decide: (known: BillRedemption[]) => CouponsDecision,
  ): string[] {
    const decision = decide(find(bill))
    claim(bill, decision)
    return decision.coupons
  }

  /** @returns the coupons that this card took at this venue, and what the ticket names, the oldest first */
  function find({ venue, cardHash, named }: CardBill): BillRedemption[] {
    const ofCard = db.all(
      `SELECT * FROM redemptions WHERE card_hash = :cardHash AND reward_id IS NOT NULL AND venue = :venue
         AND state = 'confirmed'`,
      { cardHash, venue },
    )
    const rows = new Map(ofCard.map((row) => [String(row.id), row]))
    for (const { redemptionId: id } of named) {
      if (id === undefined || rows.has(id)) continue
      const row = db.get('SELECT * FROM redemptions WHERE id = :id AND reward_id IS NOT NULL', { id })
      if (row) rows.set(id, row)
    }
    return [...rows.values()].map((row) => readRedemption(row, { venue, cardHash }, seal)).toSorted(byAge)
  }

  function claim({ ticketKey }: CardBill, { claims, isReleased }: CouponsDecision) {
    if (isReleased)
      db.run(
        'UPDATE redemptions SET ticket_key = NULL, is_named_by_ticket = 0 WHERE ticket_key = :ticketKey',
        { ticketKey },
      )
    for (const { id, isNamed } of claims)
      db.run('UPDATE redemptions SET ticket_key = :ticketKey, is_named_by_ticket = :isNamed WHERE id = :id', {
        id,
        ticketKey,
        isNamed: isNamed ? 1 : 0,
      })
  }
}

function readRedemption(
  row: Row,
  { venue, cardHash }: Pick<CardBill, 'venue' | 'cardHash'>,
  seal: Seal,
): BillRedemption {
  return {
    id: String(row.id),
    rewardId: openReward(row, seal) ?? String(row.reward_id),
    account: textOrNothing(row.account),
    isOfCard: row.state === 'confirmed' && row.venue === venue && row.card_hash === cardHash,
    confirmedAtMs: Number(row.confirmed_at),
    ticketKey: textOrNothing(row.ticket_key),
    isNamed: row.is_named_by_ticket === 1,
  }
}

function byAge(a: BillRedemption, b: BillRedemption): number {
  return a.confirmedAtMs - b.confirmedAtMs
}

import type { CouponsDecision } from '../redemptions/coupons.ts'
import type { CardBill, Redemption } from '../redemptions/redemption.ts'
import type { RedemptionRows } from './redemption-rows.ts'
import { untilWritten } from './until-written.ts'
import type { Work } from './work.ts'

/** Records which redemptions go out with which ticket. */
export function createBillCoupons(rows: RedemptionRows) {
  /**
   * Runs inside the transaction that accepts the ticket.
   * @returns the coupons that go out with it
   */
  return function* claimCoupons(
    bill: CardBill,
    decide: (redemptions: Redemption[]) => CouponsDecision,
    nowMs: number,
  ): Work<string[]> {
    return yield* untilWritten(function* () {
      const { coupons, claims, releases } = decide(
        (yield* rows.findByTicket(bill, bill.named)).toSorted(byAge),
      )
      const { ticketKey } = bill
      for (const row of releases)
        if (!(yield* rows.apply(row, { kind: 'released', ticketKey }, nowMs))) return undefined
      for (const { redemption, isNamed } of claims)
        if (!(yield* rows.apply(redemption, { kind: 'claimed', ticketKey, isNamed }, nowMs))) return undefined
      return coupons
    })
  }
}

function byAge(a: Redemption, b: Redemption): number {
  return (a.confirmedAtMs ?? 0) - (b.confirmedAtMs ?? 0)
}

import type { CouponsDecision } from '../redemptions/coupons.ts'
import type { CardBill, Redemption } from '../redemptions/redemption.ts'
import type { RedemptionRows } from './redemption-rows.ts'
import { untilWritten } from './until-written.ts'

/** Records which redemptions go out with which ticket. */
export function createBillCoupons(rows: RedemptionRows) {
  /**
   * Runs inside the transaction that accepts the ticket.
   * @returns the coupons that go out with it
   */
  return function claimCoupons(
    bill: CardBill,
    decide: (redemptions: Redemption[]) => CouponsDecision,
    nowMs: number,
  ): string[] {
    const ids = bill.named.flatMap(({ redemptionId }) => redemptionId ?? [])
    return untilWritten(() => {
      const { coupons, claims, releases } = decide(rows.findByTicket(bill, ids).toSorted(byAge))
      const { ticketKey } = bill
      const isWritten = [
        ...releases.map((row) => rows.apply(row, { kind: 'released', ticketKey }, nowMs)),
        ...claims.map(({ redemption, isNamed }) =>
          rows.apply(redemption, { kind: 'claimed', ticketKey, isNamed }, nowMs),
        ),
      ].every(Boolean)
      return isWritten ? coupons : undefined
    })
  }
}

function byAge(a: Redemption, b: Redemption): number {
  return (a.confirmedAtMs ?? 0) - (b.confirmedAtMs ?? 0)
}

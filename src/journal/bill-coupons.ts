import type { CouponsDecision } from '../redemptions/coupons.ts'
import type { CardBill, Redemption } from '../redemptions/redemption.ts'
import { next, type RedemptionEvent } from '../redemptions/transitions.ts'
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
        ...releases.map((row) => apply(row, { kind: 'released', ticketKey }, nowMs)),
        ...claims.map(({ redemption, isNamed }) =>
          apply(redemption, { kind: 'claimed', ticketKey, isNamed }, nowMs),
        ),
      ].every(Boolean)
      return isWritten ? coupons : undefined
    })
  }

  /** @returns false if the row has changed since it was read */
  function apply(row: Redemption, event: RedemptionEvent, nowMs: number): boolean {
    const change = next(row, event, nowMs)
    return change === undefined || rows.change(row, change, nowMs) !== undefined
  }
}

function byAge(a: Redemption, b: Redemption): number {
  return (a.confirmedAtMs ?? 0) - (b.confirmedAtMs ?? 0)
}

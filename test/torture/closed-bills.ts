import { expect } from 'chai'
import type { DebitRequest, Ticket, TicketKind } from '../../src/model/words.ts'
import type { JournalRow } from './settle.ts'
import type { DebitHeard, World } from './world.ts'

const dayMs = 86_400_000

/** One ticket of a bill: another number is another part of a split bill, or the next guests at the table. */
export type Closing = {
  number: number
  kind: TicketKind
  cardNumber: string
  accountNumber: string
  /** Names this many of the redemptions that tills were told last, of any card and table. */
  names: number
  /** How wrong the till's clock is. */
  clockMs: number
  totalMinor: number
}

/** Closes a bill, and checks what went out with it against what went out before. */
export async function closeBill(world: World, closing: Closing, heard: string[], at: number): Promise<void> {
  const named = closing.names === 0 ? [] : heard.slice(-closing.names)
  const before = await world.rows()
  const coupons = await world.ticket(ticketOf(closing, named, world.clock.nowMs()), at)
  const after = await world.rows()
  if (!coupons) {
    expect(after, 'a repeat changes nothing').to.deep.equal(before)
    return
  }

  for (const row of before)
    checkClaim(
      row,
      after.find(({ id }) => id === row.id)!,
      closing,
      named,
    )
  if (closing.kind === 'void') return
  // A bill that is reopened may be closed with another card.
  const mine = after.filter(
    ({ ticketKey, state, cardHash, rewardId }) =>
      ticketKey === keyOf(closing) &&
      state === 'confirmed' &&
      rewardId !== null &&
      cardHash === world.hashCard(closing.cardNumber),
  )
  const shown = coupons.map((coupon) => world.maskId(coupon, closing.cardNumber))
  expect(new Set(shown)).to.deep.equal(new Set(mine.map(({ rewardId }) => rewardId)))
}

/** A redemption goes with one ticket: it changes only to one that names it, from one that did not, or by a void. */
function checkClaim(before: JournalRow, after: JournalRow, closing: Closing, named: string[]) {
  const mine = keyOf(closing)
  const what = `${before.id} was on ${before.ticketKey} and is on ${after.ticketKey} after ${closing.kind} ${mine}`
  if (closing.kind === 'void')
    return expect(after.ticketKey, what).to.equal(before.ticketKey === mine ? null : before.ticketKey)
  if (after.ticketKey === before.ticketKey) return
  expect(after.ticketKey, what).to.equal(mine)
  const isTakenOver = before.isNamedByTicket === 0 && named.includes(before.id)
  expect(before.ticketKey === null || isTakenOver, what).to.equal(true)
}

/** An OK from memory is for the same call again, or for a bill that is still open, and for a day at most. */
export async function checkReplay(
  world: World,
  request: DebitRequest,
  done: DebitHeard,
  toldBefore: { request: DebitRequest; redemptionId: string }[],
) {
  if (!done.isReplayed || request.what.kind === 'points') return
  const row = (await world.rows()).find(({ id }) => id === done.redemptionId)
  expect(row?.state).to.equal('confirmed')
  const { transactionId } = request
  const isSameCall = toldBefore.some(
    (told) =>
      told.redemptionId === done.redemptionId &&
      transactionId !== undefined &&
      told.request.transactionId === transactionId,
  )
  const ageMs = world.clock.nowMs() - (row?.confirmedAtMs ?? 0)
  expect(
    isSameCall || (row?.ticketKey === null && ageMs <= dayMs),
    `${done.redemptionId} from memory`,
  ).to.equal(true)
}

function keyOf({ number }: Closing): string {
  return JSON.stringify(['venue-uuid', 'ticket', `B-${number}`, '2026-11-23'])
}

function ticketOf(closing: Closing, named: string[], nowMs: number): Ticket {
  const { number, kind, cardNumber, accountNumber, clockMs, totalMinor } = closing
  return {
    ticketId: `B-${number}`,
    kind,
    cardNumber,
    accountNumber,
    closedAtMs: nowMs + clockMs,
    businessDate: '2026-11-23',
    currency: 'GBP',
    totalMinor,
    items: [],
    discounts: [],
    payments: [],
    redemptions: named.map((redemptionId) => ({ redemptionId })),
  }
}

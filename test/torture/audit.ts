import { ticketEvent } from '../../src/tickets/event.ts'
import type { Movement } from '../simulators/core/ledger.ts'
import type { Consumed } from '../support/kafka-consumer.ts'
import type { Bill, Wish } from './memory.ts'

/**
 * `cost`: the house has given a reward that is not taken, since its OK could not be noted (`unnoted.ts`). `stale`: an OK
 * left when others could have taken its process for dead.
 */
export type Finding = { kind: 'missing' | 'doubled' | 'differing' | 'stale' | 'cost'; what: string }

/** One row of the journal. */
export type Row = { id: string; key: string; state: string; undoBy: string | null }

/**
 * Bills are told apart by their total, since a bill that is reopened keeps its id.
 * @param bills of each till in the order in which they were accepted
 * @param records in order within each partition
 */
export function auditTickets(bills: Bill[], records: Consumed[]): Finding[] {
  const sent = new Map(bills.map((bill) => [nameOf(bill.venueId, bill.ticketId, bill.totalMinor), bill]))
  const seen = Map.groupBy(records, (record) => readRecord(record).name)
  const findings: Finding[] = []
  const find = (kind: Finding['kind'], what: string) => findings.push({ kind, what: `ticket ${what}` })

  for (const [name, { isAccepted, coupon }] of sent) {
    if (!isAccepted) find('missing', `${name} was never accepted`)
    const [first, ...more] = seen.get(name) ?? []
    if (!first) {
      find('missing', `${name} is not in Kafka`)
      continue
    }
    if (more.some(({ headers }) => headers.ce_id !== first.headers.ce_id))
      find('doubled', `${name} has two event ids`)
    if (coupon && !readRecord(first).coupons.includes(coupon)) find('differing', `${name} lacks ${coupon}`)
  }
  for (const name of seen.keys()) if (!sent.has(name)) find('differing', `${name} was never sent`)
  for (const what of outOfOrder(bills, seen)) find('differing', what)
  return findings
}

/** Tickets of a card that one till had accepted one after the other. */
function outOfOrder(bills: Bill[], seen: Map<string, Consumed[]>): string[] {
  const lines = Map.groupBy(
    bills.filter(({ cardNumber }) => cardNumber),
    ({ till, cardNumber }) => `${till} ${cardNumber}`,
  )
  return [...lines.values()].flatMap((line) => {
    const names = line.map(({ venueId, ticketId, totalMinor }) => nameOf(venueId, ticketId, totalMinor))
    const firsts = names.flatMap((name) => seen.get(name)?.[0] ?? [])
    return firsts.flatMap(({ partition, offset }, index) => {
      const before = firsts[index - 1]
      const isInOrder = !before || (before.partition === partition && before.offset < offset)
      return isInOrder ? [] : [`${names[index]} overtook the one before it`]
    })
  })
}

function nameOf(venueId: string, ticketId: string, totalMinor: number): string {
  return `${venueId} ${ticketId} ${totalMinor}`
}

function readRecord({ headers, value }: Consumed) {
  const { amount, coupons = [] } = ticketEvent.parse(JSON.parse(value))
  const venueId = headers.ce_source?.split('/').at(-1) ?? ''
  return { name: nameOf(venueId, headers.ce_subject ?? '', amount), coupons }
}

/** What the tills were told, what the journal says, and what the core has really done. */
export type Truth = {
  wishes: Wish[]
  rows: Row[]
  movements: Movement[]
  /** The journal's keys of a wish. */
  keysOf: (wish: Wish) => string[]
  /** Whether its OK may not have been noted. */
  isExcused: (wish: Wish) => boolean
  startPoints: number
  pointsOf: (cardNumber: string) => number | undefined
}

export function auditRedemptions(truth: Truth): Finding[] {
  const taken = countTaken(truth.movements)
  const rowsByKey = Map.groupBy(truth.rows, ({ key }) => key)
  const counted = truth.wishes.map((wish) => {
    const mine = truth.keysOf(wish).flatMap((key) => rowsByKey.get(key) ?? [])
    return { wish, count: mine.reduce((sum, { id }) => sum + (taken.get(id) ?? 0), 0) }
  })
  return [
    ...counted.flatMap(({ wish, count }) => compareWish(wish, count, truth.isExcused(wish))),
    ...comparePoints(counted, truth),
    ...compareRows(truth.rows, truth.movements),
    ...findUnasked(truth, taken),
  ]
}

function compareWish(wish: Wish, count: number, isExcused: boolean): Finding[] {
  const what = `${JSON.stringify({ ...wish, asked: [...wish.asked] })} is taken ${count} times`
  if (count > 1) return [{ kind: 'doubled', what }]
  if (count === 1 && wish.belief === 'not taken') return [{ kind: 'differing', what }]
  if (count === 0 && wish.belief === 'taken') return [{ kind: isExcused ? 'cost' : 'differing', what }]
  return []
}

function comparePoints(
  counted: { wish: Wish; count: number }[],
  { startPoints, pointsOf }: Truth,
): Finding[] {
  const byCard = Map.groupBy(counted, ({ wish }) => wish.cardNumber)
  return [...byCard].flatMap(([card, ofCard]) => {
    const points = ofCard.map(({ wish, count }) =>
      wish.what.kind === 'points' ? count * wish.what.points : 0,
    )
    const expected = points.reduce((left, each) => left - each, startPoints)
    if (pointsOf(card) === expected) return []
    return [{ kind: 'differing', what: `${card} has ${pointsOf(card)} points instead of ${expected}` }]
  })
}

/** What the journal says of each redemption is what the core has done; of one that is stuck it says nothing. */
export function compareRows(rows: Row[], movements: Movement[]): Finding[] {
  const taken = countTaken(movements)
  const differing = rows.flatMap(({ id, state, undoBy }) => {
    const isTaken = (taken.get(id) ?? 0) > 0
    const isSaidTaken = state === 'confirmed' && undoBy === null
    if (isTaken === isSaidTaken || state === 'stuck') return []
    return [`${id} is ${state}, but the core has ${isTaken ? '' : 'not '}taken it`]
  })
  const written = new Set(rows.map(({ id }) => id))
  const unwritten = [...taken.keys()].filter((id) => !written.has(id))
  return [...differing, ...unwritten.map((id) => `${id} is not in the journal`)].map((what) => ({
    kind: 'differing',
    what,
  }))
}

function findUnasked({ wishes, rows, keysOf }: Truth, taken: Map<string, number>): Finding[] {
  const wished = new Set(wishes.flatMap(keysOf))
  return rows
    .filter(({ id, key }) => (taken.get(id) ?? 0) > 0 && !wished.has(key))
    .map(({ id }) => ({ kind: 'differing', what: `${id} was asked for by nobody` }))
}

/** @returns by reference how often it is taken and not given back */
export function countTaken(movements: Movement[]): Map<string, number> {
  const taken = new Map<string, number>()
  for (const { reference, operation } of movements) {
    const by = operation === 'redeem' || operation === 'debit' ? 1 : -1
    taken.set(reference, (taken.get(reference) ?? 0) + by)
  }
  return taken
}

/** An OK leaves within five seconds after its confirmation is written, or never; and some time on its way. */
const latestOkMs = 6_000

/** @param confirmedAtMs by redemption id; epoch ms */
export function findStale(wishes: Wish[], confirmedAtMs: Map<string, number | undefined>): Finding[] {
  return wishes
    .flatMap(({ oks }) => oks)
    .flatMap(({ redemptionId = '', heardAtMs, isReplayed }) => {
      const ageMs = performance.timeOrigin + heardAtMs - (confirmedAtMs.get(redemptionId) ?? Infinity)
      if (isReplayed || ageMs <= latestOkMs) return []
      return [{ kind: 'stale', what: `the OK of ${redemptionId} came ${ageMs} ms after it was confirmed` }]
    })
}

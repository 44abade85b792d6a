import type { DiaryEntry } from '../diary/entry.ts'
import { always, type Period } from '../diary/look-ups.ts'
import { dayOf, periodOf, zoneOf, type Zones } from './day.ts'
import type { Gathered } from './gather.ts'

/** Undefined: the last day of which something is known, and whichever venue of TRIFFT it is. */
export type Wanted = { on: string | undefined; trifftVenue: string | undefined }

/**
 * `unknown`: of that day nothing is known; `venues`: TRIFFT's ids of venues of several projects with one Aztec ID, of which
 * one has to be chosen; `otherDays`: YYYY-MM-DD, newest first.
 */
export type Found =
  | { kind: 'found'; found: Gathered; day: string; otherDays: string[] }
  | { kind: 'unknown'; otherDays: string[] }
  | { kind: 'ambiguous'; venues: string[] }

/**
 * Looks something up on one day.
 *
 * @param gather reads what is known in a period
 * @param zone of the days
 * @param isOfBill a bill belongs to one venue, a card to many
 */
export async function findDay(
  gather: (period: Period) => Promise<Gathered>,
  { on, trifftVenue }: Wanted,
  { zone, isOfBill }: { zone: string; isOfBill: boolean },
): Promise<Found> {
  const everything = ofVenue(await gather(always), trifftVenue)
  const venues = venuesOf(everything)
  if (isOfBill && venues.length > 1) return { kind: 'ambiguous', venues }
  const days = daysOf(everything, zone)
  const day = on ?? days[0]
  const period = day === undefined ? undefined : periodOf(day, zone)
  const otherDays = days.filter((each) => each !== day)
  const found =
    period && (everything.isCut ? ofVenue(await gather(period), trifftVenue) : inPeriod(everything, period))
  if (day === undefined || !found || isEmpty(found)) return { kind: 'unknown', otherDays }
  return { kind: 'found', found, day, otherDays }
}

export function isEmpty({ entries, redemptions }: Gathered): boolean {
  return entries.length === 0 && redemptions.length === 0
}

export type BillOnDay = { venueId: string; account: string; on: string }

/** @returns each bill that it belongs to once, on each of its days, newest first */
export function billsOf({ entries, redemptions }: Gathered, zones: Zones): BillOnDay[] {
  const seen = [
    ...entries.map(({ venueId, account, atMs }) => ({ venueId, account, atMs })),
    ...redemptions.map(({ venueId, account, createdAtMs: atMs }) => ({ venueId, account, atMs })),
  ]
  const bills = seen.flatMap(({ venueId, account, atMs }) =>
    account === undefined ? [] : [{ venueId, account, on: dayOf(atMs, zoneOf(venueId, zones)) }],
  )
  return [...new Map(bills.map((bill) => [JSON.stringify(bill), bill])).values()].toSorted((a, b) =>
    b.on.localeCompare(a.on),
  )
}

/** What began in the period, and what came of it later. */
function inPeriod(found: Gathered, { fromMs, toMs }: Period): Gathered {
  const isIn = (atMs: number) => atMs >= fromMs && atMs < toMs
  const began = found.entries.filter(
    ({ atMs, message }) => isIn(atMs) && message !== 'undo' && message !== 'published',
  )
  const eventIds = new Set(began.flatMap(({ eventId }) => eventId ?? []))
  const named = new Set(began.flatMap(({ redemptionId }) => redemptionId ?? []))
  const redemptions = found.redemptions.filter(({ id, createdAtMs }) => isIn(createdAtMs) || named.has(id))
  for (const { id } of redemptions) named.add(id)
  const belongs = ({ redemptionId = '', eventId = '' }: DiaryEntry) =>
    named.has(redemptionId) || eventIds.has(eventId)
  return {
    ...found,
    redemptions,
    entries: found.entries.filter((entry) => isIn(entry.atMs) || belongs(entry)),
    tickets: found.tickets.filter(({ eventId }) => eventIds.has(eventId)),
    acts: found.acts.filter(({ target }) => named.has(target)),
  }
}

function ofVenue(found: Gathered, trifftVenue: string | undefined): Gathered {
  if (trifftVenue === undefined) return found
  const isOfIt = ({ venue }: { venue: string | undefined }) => venue === undefined || venue === trifftVenue
  return { ...found, entries: found.entries.filter(isOfIt), redemptions: found.redemptions.filter(isOfIt) }
}

function venuesOf({ entries, redemptions }: Gathered): string[] {
  return [...new Set([...entries, ...redemptions].flatMap(({ venue }) => venue ?? []))]
}

function daysOf({ entries, redemptions }: Gathered, zone: string): string[] {
  const times = [...entries.map(({ atMs }) => atMs), ...redemptions.map(({ createdAtMs }) => createdAtMs)]
  return [...new Set(times.map((atMs) => dayOf(atMs, zone)))].toSorted().toReversed()
}

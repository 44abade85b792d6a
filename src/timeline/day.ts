import { Temporal } from 'temporal-polyfill'
import type { Period } from '../diary/look-ups.ts'

/** A day of a venue ends when the last bill of its evening is closed. */
const dayBeginsAt = '04:00'

/** IANA time zones: of all venues, and of those elsewhere by their Aztec venue ID. */
export type Zones = { timeZone: string; venueTimeZones: ReadonlyMap<string, string> }

/** @returns the zone of a venue's times */
export function zoneOf(venueId: string, { timeZone, venueTimeZones }: Zones): string {
  return venueTimeZones.get(venueId) ?? timeZone
}

/** @returns the day that a moment belongs to, YYYY-MM-DD: until four in the morning the one before */
export function dayOf(atMs: number, timeZone: string): string {
  const { hour } = Temporal.PlainTime.from(dayBeginsAt)
  return zoned(atMs, timeZone).subtract({ hours: hour }).toPlainDate().toString()
}

/** @returns from four in the morning to four in the morning; undefined for what is no date */
export function periodOf(date: string, timeZone: string): Period | undefined {
  try {
    const day = Temporal.PlainDate.from(date)
    const beginMs = (of: Temporal.PlainDate) =>
      of.toZonedDateTime({ timeZone, plainTime: dayBeginsAt }).epochMilliseconds
    return { fromMs: beginMs(day), toMs: beginMs(day.add({ days: 1 })) }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** @returns the time of the day in that zone, such as 20:14:03 */
export function clockTime(atMs: number, timeZone: string): string {
  return zoned(atMs, timeZone).toPlainTime().toString({ smallestUnit: 'second' })
}

function zoned(atMs: number, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(Math.round(atMs)).toZonedDateTimeISO(timeZone)
}

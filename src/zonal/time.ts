import { Temporal } from 'temporal-polyfill'

/** A .NET till writes 0001-01-01 for "no time"; no year of five digits is meant either. */
const latestMs = Date.UTC(9999, 0)
/** Only what ends like this can be an instant; it is dear to hear by an exception that it is none. */
const perhapsOffset = /(?:z|\]|[+-]\d\d(?::?\d\d){0,2}(?:[.,]\d+)?)$/i

/**
 * @param text ISO 8601, with or without an offset
 * @param timeZone IANA zone of times without one; a local time that occurs twice is the first, one that does not exist
 *   is one hour on
 * @returns epoch ms; undefined for anything else
 */
export function readTime(text: string, timeZone: string): number | undefined {
  const trimmed = text.trim()
  const instant = perhapsOffset.test(trimmed) ? readInstant(trimmed) : undefined
  const epochMs = instant ?? readLocalTime(trimmed, timeZone)
  return epochMs !== undefined && epochMs >= 0 && epochMs < latestMs ? epochMs : undefined
}

/**
 * @param text ISO 8601; of a date with a time the date counts as it is written
 * @returns YYYY-MM-DD; undefined for anything else
 */
export function readDate(text: string): string | undefined {
  const [, date] = /^(\d{4}-\d{2}-\d{2})(?:[T ].*)?$/i.exec(text.trim()) ?? []
  if (date === undefined) return undefined
  const parsed = orUndefined(() => Temporal.PlainDate.from(date))
  return parsed && parsed.year >= 1970 ? parsed.toString() : undefined
}

/** @returns YYYY-MM-DD of that moment in that zone */
export function localDate(epochMs: number, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(timeZone).toPlainDate().toString()
}

function readInstant(text: string): number | undefined {
  return orUndefined(() => Temporal.Instant.from(text).epochMilliseconds)
}

function readLocalTime(text: string, timeZone: string): number | undefined {
  return orUndefined(
    () =>
      Temporal.PlainDateTime.from(text).toZonedDateTime(timeZone, { disambiguation: 'compatible' })
        .epochMilliseconds,
  )
}

/** Temporal says by a RangeError that a text is no time. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

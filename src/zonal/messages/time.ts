import { Temporal } from 'temporal-polyfill'

/** A .NET till writes 0001-01-01 for "no time"; no year of five digits is meant either. */
const latestMs = Date.UTC(9999, 0)
/** Throwing is slow, so look for an offset before asking whether this is an instant. A date alone looks like one too. */
const perhapsOffset = /(?:z|[+-]\d\d(?::?\d\d){0,2}(?:[.,]\d+)?)(?:\[.*)?$/i
/** As Java and Temporal write it; an annotation with an equals sign is about something else. */
const zoneInBrackets = /^[^[]*\[[^\]=]+\]/

const dayMs = 24 * 60 * 60 * 1000

/**
 * @param text ISO 8601, with or without an offset
 * @param timeZone IANA zone of times without an offset or a zone of their own in brackets; a local time that occurs
 *   twice is the first, one that does not exist is one hour on
 * @returns epoch ms; undefined for anything else, an unknown zone in brackets among it
 */
export function readTime(text: string, timeZone: string): number | undefined {
  const trimmed = text.trim()
  return inRange(readInstant(trimmed) ?? readLocalTime(trimmed, timeZone, 'compatible'))
}

/**
 * @param firstMs what `readTime` has made of the same text
 * @returns epoch ms of the second time that a local time occurs, as 01:30 does in the night when summer time ends;
 *   undefined for any other text
 */
export function readSecondTime(text: string, timeZone: string, firstMs: number): number | undefined {
  const trimmed = text.trim()
  if (readInstant(trimmed) !== undefined) return undefined
  const second = inRange(readLocalTime(trimmed, timeZone, 'later'))
  return second === firstMs ? undefined : second
}

/** @returns on which side of `nowMs` a bill's closing time is so far off that the till's date must be wrong */
export function findImplausible(closedAtMs: number, nowMs: number): 'ahead' | 'back' | undefined {
  if (closedAtMs > nowMs + dayMs) return 'ahead'
  return closedAtMs < nowMs - 60 * dayMs ? 'back' : undefined
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

function inRange(epochMs: number | undefined): number | undefined {
  return epochMs !== undefined && epochMs >= 0 && epochMs < latestMs ? epochMs : undefined
}

function readInstant(text: string): number | undefined {
  if (!perhapsOffset.test(text)) return undefined
  return orUndefined(() => Temporal.Instant.from(text).epochMilliseconds)
}

function readLocalTime(
  text: string,
  timeZone: string,
  disambiguation: 'compatible' | 'later',
): number | undefined {
  return orUndefined(() => {
    const zoned = zoneInBrackets.test(text)
      ? Temporal.ZonedDateTime.from(text, { disambiguation })
      : Temporal.PlainDateTime.from(text).toZonedDateTime(timeZone, { disambiguation })
    return zoned.epochMilliseconds
  })
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

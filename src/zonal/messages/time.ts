import { LRUCache } from 'lru-cache'
import { Temporal } from 'temporal-polyfill'

/** Years of five digits are mistakes. (.NET writes 0001-01-01 for "no time".) */
const latestMs = Date.UTC(9999, 0)
/** Parsing throws for a text without an offset, which is slow, so look for one first. A date alone matches too. */
const perhapsOffset = /(?:z|[+-]\d\d(?::?\d\d){0,2}(?:[.,]\d+)?)(?:\[.*)?$/i
/** As Java and Temporal write a zone. An annotation with an equals sign is something else. */
const zoneInBrackets = /^[^[]*\[[^\]=]+\]/

const dayMs = 24 * 60 * 60 * 1000
const hourMs = 60 * 60 * 1000

/**
 * @param text ISO 8601, with or without an offset
 * @param timeZone IANA zone of times that have neither an offset nor a zone in brackets. If a local time occurs twice, the
 *   first is meant; if it does not exist, the time one hour later
 * @returns epoch ms; undefined for anything else, including an unknown zone in brackets
 */
export function readTime(text: string, timeZone: string): number | undefined {
  const trimmed = text.trim()
  return inRange(
    readPlainTime(trimmed, timeZone) ??
      readInstant(trimmed) ??
      readLocalTime(trimmed, timeZone, 'compatible'),
  )
}

/**
 * @param firstMs what `readTime` returned for the same text
 * @returns epoch ms of the second occurrence of a local time, such as 01:30 in the night when summer time ends; undefined for
 *   any other text
 */
export function readSecondTime(text: string, timeZone: string, firstMs: number): number | undefined {
  const trimmed = text.trim()
  if (readPlainTime(trimmed, timeZone) !== undefined || readInstant(trimmed) !== undefined) return undefined
  const second = inRange(readLocalTime(trimmed, timeZone, 'later'))
  return second === firstMs ? undefined : second
}

/** @returns whether a bill's closing time is so far `ahead` or `back` of `nowMs` that the till's date must be wrong */
export function findImplausible(closedAtMs: number, nowMs: number): 'ahead' | 'back' | undefined {
  if (closedAtMs > nowMs + dayMs) return 'ahead'
  return closedAtMs < nowMs - 60 * dayMs ? 'back' : undefined
}

/**
 * @param text ISO 8601; if there is a time too, the date is taken as it is written
 * @returns YYYY-MM-DD; undefined for anything else
 */
export function readDate(text: string): string | undefined {
  const [, date] = /^(\d{4}-\d{2}-\d{2})(?:[T ].*)?$/i.exec(text.trim()) ?? []
  if (date === undefined) return undefined
  const epochMs = Date.parse(`${date}T00:00:00Z`)
  // `Date` turns a day that does not exist, such as 31 June, into another one.
  const isDay = epochMs >= 0 && new Date(epochMs).toISOString().startsWith(date)
  return isDay ? date : undefined
}

/** @returns the date at that moment in that zone, as YYYY-MM-DD */
export function localDate(epochMs: number, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(timeZone).toPlainDate().toString()
}

/** As tills write a local time most often: `2026-11-24T19:31:05`. */
const plainTime = /^(\d{4}-\d\d-\d\dT\d\d):([0-5]\d):([0-5]\d)$/

/** By zone and hour: when the hour starts; undefined if clocks change in it or it does not exist. */
const hours = new LRUCache<string, { startsMs: number | undefined }>({ max: 1_000 })

/**
 * Tills send bills of the same few hours, and Temporal takes long for each.
 * @returns epoch ms of a plain local time that occurs once; undefined for any other text
 */
function readPlainTime(text: string, timeZone: string): number | undefined {
  const [, hour = '', minutes, seconds] = plainTime.exec(text) ?? []
  if (hour === '') return undefined
  const key = `${timeZone} ${hour}`
  let known = hours.get(key)
  if (!known) hours.set(key, (known = { startsMs: startOfHour(hour, timeZone) }))
  return known.startsMs === undefined
    ? undefined
    : known.startsMs + Number(minutes) * 60_000 + Number(seconds) * 1_000
}

/** @returns undefined for an hour in which clocks are changed, and for one that does not exist */
function startOfHour(hour: string, timeZone: string): number | undefined {
  const startsMs = readLocalTime(`${hour}:00:00`, timeZone, 'compatible')
  const isUsual =
    startsMs !== undefined &&
    startsMs === readLocalTime(`${hour}:00:00`, timeZone, 'later') &&
    (['compatible', 'later'] as const).every(
      (each) => readLocalTime(`${hour}:59:59.999`, timeZone, each) === startsMs + hourMs - 1,
    )
  return isUsual ? startsMs : undefined
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

/** Temporal throws a RangeError for a text that is no time. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

import { isTextOrNumber } from './values.ts'
import { RequestInvalid } from './request-invalid.ts'
import { maxCardTextLength, mustBe } from './shapes.ts'

const cardPattern = /^[A-Za-z0-9]{4,32}$/

/** Some tills print and send the number in groups, as on the card. */
const dashesBetweenDigits = /(?<=\d)\p{Pd}(?=\d)/gu

/**
 * Finds the card number in what was typed, swiped or scanned: blanks, and dashes between groups of digits, are dropped,
 * prefixes of scanned codes are stripped, and in a URL the number is the last segment of the path.
 * @param raw a text, or a number if the till sends one
 * @param prefixes the configured `CARD_PREFIXES`; the longest that matches is stripped, once
 * @returns 4 to 32 letters and digits
 * @throws RequestInvalid `CARD_INVALID`
 */
export function readCardNumber(raw: unknown, prefixes: readonly string[]): string {
  const number = findCardNumber(raw, prefixes)
  if (number === undefined) throw new RequestInvalid('cardNumber', mustBe.card, 'CARD_INVALID')
  return number
}

/** The same for messages that can do without a card number. @returns undefined if it cannot be read */
export function findCardNumber(raw: unknown, prefixes: readonly string[]): string | undefined {
  const given = isTextOrNumber(raw) ? String(raw).trim() : ''
  if (given.length > maxCardTextLength) return undefined
  const text = stripPrefix(given, prefixes)
  if (cardPattern.test(text)) return text
  const segment = isUrl(text) ? stripPrefix(lastPathSegment(text), prefixes) : text
  const number = segment.replace(dashesBetweenDigits, '')
  return cardPattern.test(number) ? number : undefined
}

function stripPrefix(text: string, prefixes: readonly string[]): string {
  const code = withoutBlanks(text)
  const matching = prefixes.map(withoutBlanks).filter((prefix) => code.startsWith(prefix))
  const longest = Math.max(0, ...matching.map((prefix) => prefix.length))
  return code.slice(longest)
}

function withoutBlanks(text: string): string {
  return text.replace(/\s+/g, '')
}

function isUrl(text: string): boolean {
  return /^https?:\/\//i.test(text)
}

function lastPathSegment(url: string): string {
  const path = URL.parse(url)?.pathname ?? ''
  const segment = path.replace(/\/+$/, '').split('/').at(-1) ?? ''
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment // it has a stray per cent sign, so it is no card number
  }
}

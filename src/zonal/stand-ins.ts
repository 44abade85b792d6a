import { createHash, randomBytes } from 'node:crypto'
import { findCardNumber } from './card.ts'

/** What `findCardNumber` drops from inside a number, also as a URL has it. */
const separator = String.raw`[\s\p{Pd}]|%20`

export type StandIns = ReturnType<typeof createStandIns>

/**
 * Replaces values by others of the same shape: digits by digits, letters by letters. The same value has the same
 * stand-in until the process ends, so that a debit and its ticket can still be seen to belong together; its secret is
 * never written, so that nobody can find the value behind it.
 * @param cardPrefixes as configured: the card behind a prefix, or in a URL, is the same card
 */
export function createStandIns(cardPrefixes: readonly string[]) {
  const secret = randomBytes(32)

  function ofText(text: string): string {
    if (text === '') return text
    const noise = createHash('shake256', { outputLength: text.length }).update(secret).update(text).digest()
    return text.replace(/[\p{L}\p{N}]/gu, (sign, offset: number) => alike(sign, noise[offset] ?? 0))
  }

  function ofCard(text: string): string {
    const cardNumber = findCardNumber(text, cardPrefixes)
    if (cardNumber === undefined) return ofText(text)
    const written = new RegExp([...cardNumber].join(`(?:${separator})*`), 'gu')
    const last = [...text.matchAll(written)].at(-1)
    if (last === undefined) return ofText(text)
    // What follows the number, as the query of a URL, may hold anything.
    const upToNumber = text.slice(0, last.index + last[0].length)
    const standIn = ofText(cardNumber)
    return upToNumber.replace(written, (number) => fillIn(number, standIn))
  }

  return { ofText, ofCard }
}

/** The blanks and dashes in a card number stay where they are: they are part of how a till writes it. */
function fillIn(number: string, standIn: string): string {
  const signs = standIn[Symbol.iterator]()
  return number.replace(
    new RegExp(`(${separator})|.`, 'gu'),
    (_sign, between?: string) => between ?? signs.next().value ?? '',
  )
}

/** No zero: a number must not begin with one. */
function alike(sign: string, noise: number): string {
  if (/\d/.test(sign)) return String(1 + (noise % 9))
  if (/[A-Z]/.test(sign)) return String.fromCharCode(65 + (noise % 26))
  if (/[a-z]/.test(sign)) return String.fromCharCode(97 + (noise % 26))
  return 'x'
}

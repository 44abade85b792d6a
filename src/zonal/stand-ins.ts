import { createHash, randomBytes } from 'node:crypto'
import { findCardNumber } from './card.ts'

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
    return text.slice(0, text.lastIndexOf(cardNumber)) + ofText(cardNumber)
  }

  return { ofText, ofCard }
}

/** No zero: a number must not begin with one. */
function alike(sign: string, noise: number): string {
  if (/\d/.test(sign)) return String(1 + (noise % 9))
  if (/[A-Z]/.test(sign)) return String.fromCharCode(65 + (noise % 26))
  if (/[a-z]/.test(sign)) return String.fromCharCode(97 + (noise % 26))
  return 'x'
}

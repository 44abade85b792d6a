import { createHash, hash, randomBytes } from 'node:crypto'
import { findCardNumber } from '../messages/card.ts'

/** What `findCardNumber` drops from inside a number, and how a URL spells it. */
const separator = String.raw`[\s\p{Pd}]|%20`

/** Anything but punctuation, blanks and currency signs. Invisible characters become letters. */
const words = /[^\0-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e\p{P}\p{Sc}\p{Zs}]+/gu
/** The stand-in of a shorter word, such as a digit, differs from text to text, as its context would soon give it away. */
const minStableLength = 4

export type StandIns = ReturnType<typeof createStandIns>

/**
 * Replaces values by others of the same shape: digits by digits, letters by letters; punctuation, blanks and lengths stay.
 * Until the process ends the same word has the same stand-in, so that one can see which debit and ticket belong together.
 * Stand-ins depend on a secret that is never written down, so nobody can find the value behind one.
 * @param cardPrefixes as configured: a card after a prefix, or in a URL, gets the stand-in of the card itself
 */
export function createStandIns(cardPrefixes: readonly string[]) {
  const secret = randomBytes(32).toString('base64')

  function ofText(text: string): string {
    let noiseOfText: Buffer | undefined
    return text.replace(words, (word, offset: number) => {
      if (word.length >= minStableLength)
        return replaceWord(word, hash('sha256', `${secret} ${word}`, 'buffer'))
      noiseOfText ??= noiseFor(secret, text)
      return replaceWord(word, noiseOfText.subarray(offset))
    })
  }

  function ofCard(text: string): string {
    const cardNumber = findCardNumber(text, cardPrefixes)
    if (cardNumber === undefined) return ofText(text)
    const written = new RegExp([...cardNumber].join(`(?:${separator})*`), 'gu')
    const last = [...text.matchAll(written)].at(-1)
    if (last === undefined) return ofText(text)
    const [number] = last
    const rest = text.slice(last.index + number.length)
    return ofLead(text.slice(0, last.index)) + fillIn(number, ofText(cardNumber)) + ofText(rest)
  }

  /** Only a configured prefix or the scheme of a URL is kept, as anything else before a number may repeat the number. */
  function ofLead(lead: string): string {
    if (cardPrefixes.includes(lead.trim())) return lead
    const [scheme = ''] = /^https?:\/\//i.exec(lead) ?? []
    return scheme + ofText(lead.slice(scheme.length))
  }

  return { ofText, ofCard }
}

/** Blanks and dashes in a card number stay where they are: they show how a till writes it. */
function fillIn(number: string, standIn: string): string {
  const signs = standIn[Symbol.iterator]()
  return number.replace(
    new RegExp(`(${separator})|.`, 'gu'),
    (_sign, between?: string) => between ?? signs.next().value ?? '',
  )
}

/** One byte for each character. Most texts are short, and a single call is much faster. */
function noiseFor(secret: string, text: string): Buffer {
  if (text.length <= 32) return hash('sha256', `${secret} of ${text}`, 'buffer')
  return createHash('shake256', { outputLength: text.length }).update(secret).update(text).digest()
}

/** In a word that is longer than the noise, the noise repeats. */
function replaceWord(word: string, noise: Buffer): string {
  let index = 0
  let standIn = ''
  for (const sign of word) standIn += another(sign, noise[index++ % noise.length] ?? 0)
  return standIn
}

/** Never the sign itself, and never zero, since a number must not begin with one. */
function another(sign: string, noise: number): string {
  const code = sign.charCodeAt(0)
  if (sign >= '0' && sign <= '9') return String(1 + ((code - 49 + 1 + (noise % 8) + 9) % 9))
  if (sign >= 'a' && sign <= 'z') return turnLetter(code, 97, noise)
  if (sign >= 'A' && sign <= 'Z') return turnLetter(code, 65, noise)
  return 'x'
}

function turnLetter(code: number, first: number, noise: number): string {
  return String.fromCharCode(first + ((code - first + 1 + (noise % 25)) % 26))
}

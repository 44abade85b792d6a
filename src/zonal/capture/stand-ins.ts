import { createHash, hash, randomBytes } from 'node:crypto'
import { findCardNumber } from '../messages/card.ts'

/** What `findCardNumber` drops from inside a number, also as a URL has it. */
const separator = String.raw`[\s\p{Pd}]|%20`

/** What is neither punctuation, blank, nor currency sign. What nobody can see is shown as a letter. */
const words = /[^\0-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e\p{P}\p{Sc}\p{Zs}]+/gu
/** A shorter word, such as one digit, would soon be known by where it stands: it differs from text to text. */
const leastStable = 4

export type StandIns = ReturnType<typeof createStandIns>

/**
 * Replaces values by others of the same shape: digits by digits, letters by letters; punctuation, blanks and lengths stay.
 * The same word has the same stand-in until the process ends, so that a debit and its ticket can still be seen to belong
 * together; its secret is never written, so that nobody can find the value behind it.
 * @param cardPrefixes as configured: the card behind a prefix, or in a URL, is the same card
 */
export function createStandIns(cardPrefixes: readonly string[]) {
  const secret = randomBytes(32).toString('base64')

  function ofText(text: string): string {
    let noiseOfText: Buffer | undefined
    return text.replace(words, (word, offset: number) => {
      if (word.length >= leastStable) return replaceWord(word, hash('sha256', `${secret} ${word}`, 'buffer'))
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

  /** What stands before a number is only kept if it is known: it may be the number once more. */
  function ofLead(lead: string): string {
    if (cardPrefixes.includes(lead.trim())) return lead
    const [scheme = ''] = /^https?:\/\//i.exec(lead) ?? []
    return scheme + ofText(lead.slice(scheme.length))
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

/** A byte for each character. One call is much faster, and most texts are short. */
function noiseFor(secret: string, text: string): Buffer {
  if (text.length <= 32) return hash('sha256', `${secret} of ${text}`, 'buffer')
  return createHash('shake256', { outputLength: text.length }).update(secret).update(text).digest()
}

/** Of a word longer than the noise, the noise repeats. */
function replaceWord(word: string, noise: Buffer): string {
  let index = 0
  let standIn = ''
  for (const sign of word) standIn += another(sign, noise[index++ % noise.length] ?? 0)
  return standIn
}

/** Never itself, and no zero: a number must not begin with one. */
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

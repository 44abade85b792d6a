import { hash, randomBytes } from 'node:crypto'
import { findCardNumber } from './card.ts'

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
    let textHash: string | undefined
    return text.replace(words, (word, offset: number) => {
      if (word.length >= leastStable) return replaceWord(word, noiseOf(secret, word))
      textHash ??= hash('sha256', secret + text, 'base64')
      return replaceWord(word, noiseOf(textHash, `${offset}`))
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

function noiseOf(secret: string, word: string): Buffer {
  return hash('sha256', `${secret} ${word}`, 'buffer')
}

/** Of a word longer than the noise, the noise repeats. */
function replaceWord(word: string, noise: Buffer): string {
  let index = 0
  return [...word].map((sign) => another(sign, noise[index++ % noise.length] ?? 0)).join('')
}

const kinds = ['0123456789', 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ']

/** Never itself, and no zero: a number must not begin with one. */
function another(sign: string, noise: number): string {
  const kind = kinds.find((signs) => signs.includes(sign))
  if (kind === undefined) return 'x'
  const others = [...kind].filter((other) => other !== sign && other !== '0')
  return others[noise % others.length] ?? 'x'
}

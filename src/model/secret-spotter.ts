import { LRUCache } from 'lru-cache'

/** Tells whether a text contains a certain secret. */
export type Spotter = (text: string) => boolean

/** A shorter secret, such as a card of four digits, is in too many texts by chance: it has to be the whole text. */
const minLengthInsideText = 8
const longestNormalized = 4096
const base64Runs = /[A-Za-z0-9+/_-]+/g

/** One message looks for its key and its card several times, and the next message of a venue for the same key. */
const recent = new LRUCache<string, Spotter>({ max: 200 })

/**
 * Recognises an API key or a card number in any spelling: in any case, with blanks or other characters in between, as
 * percent codes or entities, in Base64, and inside a longer text if it has eight characters or more. Takes time in
 * proportion to the text.
 */
export function createSpotter(secret: string): Spotter {
  const known = recent.get(secret)
  if (known) return known
  const isSpotted = makeSpotter(secret)
  recent.set(secret, isSpotted)
  return isSpotted
}

function makeSpotter(secret: string): Spotter {
  const folded = fold(secret)
  const compact = toCompact(folded)
  const encoded = compact.length >= minLengthInsideText ? base64Cores(secret).map(fold) : []

  function isIn(text: string): boolean {
    const foldedText = fold(text)
    if (contains(foldedText, folded) || encoded.some((core) => foldedText.includes(core))) return true
    if (compact.length < Math.min(minLengthInsideText, folded.length)) return false
    return contains(toCompact(foldedText), compact)
  }

  return function isSpotted(text) {
    // No spelling of the secret is shorter.
    if (text.length < Math.min(folded.length, compact.length || folded.length)) return false
    const decoded = decodeEscapes(text)
    return (
      isIn(text) ||
      (decoded !== text && isIn(decoded)) ||
      decodeBase64(decoded, (compact.length * 4) / 3).some(isIn)
    )
  }
}

function contains(text: string, secret: string): boolean {
  return secret.length >= minLengthInsideText ? text.includes(secret) : text === secret
}

/** Lower case, without blanks and invisible characters. Most texts are ASCII, of which far fewer characters are in question. */
function fold(text: string): string {
  if (isAscii(text)) return text.toLowerCase().replace(/[\0-\x20\x7f]+/g, '')
  // NFKC may turn one character into eighteen, so long texts are not normalized.
  const plain = text.length > longestNormalized ? text : text.normalize('NFKC')
  return plain.toLowerCase().replace(/[\s\p{Cc}\p{Cf}]+/gu, '')
}

function toCompact(folded: string): string {
  return folded.replace(isAscii(folded) ? /[^a-z0-9]+/g : /[^\p{L}\p{N}]+/gu, '')
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text)
}

const escapes = /%([0-9a-f]{2})|\\u00([0-9a-f]{2})|&#x0{0,8}([0-9a-f]{2});|&#0{0,8}(\d{2,3});/gi

/** Nested escapes too, up to three deep. Keys and cards are ASCII, so one byte is one character. */
function decodeEscapes(text: string): string {
  let decoded = text
  for (let round = 0; round < 3 && /[%\\&]/.test(decoded); round += 1)
    decoded = decoded.replace(escapes, (_, percent?: string, json?: string, hex?: string, decimal?: string) =>
      String.fromCharCode(decimal ? Number(decimal) : parseInt(percent ?? json ?? hex ?? '', 16)),
    )
  return decoded
}

/**
 * Decodes each run of Base64 digits from four offsets, since it is not known where in it the encoded text begins.
 * @param minLength of a run that can contain the secret
 */
function decodeBase64(text: string, minLength: number): string[] {
  if (text.length < minLength) return []
  const runs = text.replace(/\s+/g, '').match(base64Runs) ?? []
  return runs
    .filter(({ length }) => length >= minLength)
    .flatMap((run) => [0, 1, 2, 3].map((start) => Buffer.from(run.slice(start), 'base64').toString('latin1')))
}

/** @returns the Base64 digits of a text that do not depend on the bytes around it, for each of its three alignments */
export function base64Cores(text: string): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.from(' '.repeat(before) + text)
      .toString('base64')
      .replace(/=+$/, '')
    const endsAligned = (before + Buffer.byteLength(text)) % 3 === 0
    return encoded.slice(Math.ceil((before * 8) / 6), endsAligned ? undefined : -1)
  })
}

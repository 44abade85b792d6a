import { LRUCache } from 'lru-cache'

/** Tells whether a text contains one of certain secrets. */
export type Spotter = (text: string) => boolean

/** A shorter secret, such as a card of four digits, is in too many texts by chance: it has to be the whole text. */
const minLengthInsideText = 8
const maxNormalizedLength = 4096
const base64Runs = /[A-Za-z0-9+/_-]+/g

/** What a secret is compared by. */
type Spellings = {
  /** What `fold` makes of it. */
  folded: string
  /** Without punctuation; undefined if too little is left of it. */
  compact: string | undefined
  /** Parts of its Base64, folded. */
  encoded: string[]
  /** No spelling of it has fewer characters. */
  shortest: number
}

/** One message looks for its key and its card several times, and the next message of a venue for the same key. */
const recent = new LRUCache<string, Spellings>({ max: 200 })

/**
 * Recognises API keys and card numbers in any spelling: in any case, with blanks or other characters in between, as
 * percent codes or entities, in Base64, and inside a longer text if they have eight characters or more. Takes time in
 * proportion to the text, and hardly more for several secrets than for one.
 */
export function createSpotter(...secrets: string[]): Spotter {
  const all = secrets.map(spellingsOf)
  const long = all.filter(({ folded }) => folded.length >= minLengthInsideText)
  const areAscii = secrets.every(isAscii)
  const shortest = Math.min(...all.map((secret) => secret.shortest))

  function isIn(text: string, among = all): boolean {
    const folded = fold(text)
    const compact = toCompact(folded)
    return among.some(
      (secret) =>
        contains(folded, secret.folded) ||
        secret.encoded.some((core) => folded.includes(core)) ||
        (secret.compact !== undefined && contains(compact, secret.compact)),
    )
  }

  /** Most of what is decoded is noise: slow to fold, and four of its characters may look like a short card by chance. */
  function isInDecoded(bytes: string): boolean {
    const text = areAscii ? bytes.replace(/[^\0-\x7f]+/g, '') : bytes
    return text.length >= shortest && isIn(text, text === bytes ? all : long)
  }

  return function isSpotted(text) {
    if (text.length < shortest) return false
    const decoded = decodeEscapes(text)
    return (
      isIn(text) ||
      (decoded !== text && isIn(decoded)) ||
      decodeBase64(decoded, (shortest * 4) / 3).some(isInDecoded)
    )
  }
}

function spellingsOf(secret: string): Spellings {
  const known = recent.get(secret)
  if (known) return known
  const spellings = makeSpellings(secret)
  recent.set(secret, spellings)
  return spellings
}

function makeSpellings(secret: string): Spellings {
  const folded = fold(secret)
  const compact = toCompact(folded)
  return {
    folded,
    compact: compact.length >= Math.min(minLengthInsideText, folded.length) ? compact : undefined,
    encoded: compact.length >= minLengthInsideText ? base64Cores(secret).map(fold) : [],
    shortest: compact.length || folded.length,
  }
}

function contains(text: string, secret: string): boolean {
  return secret.length >= minLengthInsideText ? text.includes(secret) : text === secret
}

/** Lower case, without blanks and invisible characters. Most texts are ASCII, of which far fewer characters are in question. */
function fold(text: string): string {
  if (isAscii(text)) return text.toLowerCase().replace(/[\0-\x20\x7f]+/g, '')
  // NFKC may turn one character into eighteen, so long texts are not normalized.
  const plain = text.length > maxNormalizedLength ? text : text.normalize('NFKC')
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

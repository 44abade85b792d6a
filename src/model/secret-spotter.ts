/** Whether a text holds a certain secret. */
export type Spotter = (text: string) => boolean

/** A shorter secret, such as a card of four digits, is in too many texts by chance: only what equals it counts. */
const leastInside = 8
const longestNormalized = 4096
const base64Runs = /[A-Za-z0-9+/_-]+/g

/**
 * Recognises an API key or a card number however it is spelled: in any case, with blanks or other characters between, as
 * percent codes or entities, in Base64, and inside a longer text if it is of eight characters or more. Takes time in
 * proportion to the text.
 */
export function createSpotter(secret: string): Spotter {
  const folded = fold(secret)
  const compact = toCompact(folded)
  const encoded = compact.length >= leastInside ? base64Cores(secret).map(fold) : []

  function isIn(view: string): boolean {
    const seen = fold(view)
    if (holds(seen, folded) || encoded.some((core) => seen.includes(core))) return true
    return compact.length >= Math.min(leastInside, folded.length) && holds(toCompact(seen), compact)
  }

  return function isSpotted(text) {
    // No spelling is shorter.
    if (text.length < Math.min(folded.length, compact.length || folded.length)) return false
    const decoded = decodeEscapes(text)
    return (
      isIn(text) ||
      (decoded !== text && isIn(decoded)) ||
      decodeBase64(decoded, (compact.length * 4) / 3).some(isIn)
    )
  }
}

function holds(text: string, secret: string): boolean {
  return secret.length >= leastInside ? text.includes(secret) : text === secret
}

/** Without case, blanks, and what cannot be seen. */
function fold(text: string): string {
  // A character may become eighteen: only of what is not long.
  const plain = text.length > longestNormalized || isAscii(text) ? text : text.normalize('NFKC')
  return plain.toLowerCase().replace(/[\s\p{Cc}\p{Cf}]+/gu, '')
}

function toCompact(folded: string): string {
  return folded.replace(/[^\p{L}\p{N}]+/gu, '')
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text)
}

const escapes = /%([0-9a-f]{2})|\\u00([0-9a-f]{2})|&#x0{0,8}([0-9a-f]{2});|&#0{0,8}(\d{2,3});/gi

/** One inside the other too. Both secrets are ASCII, so a byte is a character. */
function decodeEscapes(text: string): string {
  let decoded = text
  for (let round = 0; round < 3 && /[%\\&]/.test(decoded); round += 1)
    decoded = decoded.replace(escapes, (_, percent?: string, json?: string, hex?: string, decimal?: string) =>
      String.fromCharCode(decimal ? Number(decimal) : parseInt(percent ?? json ?? hex ?? '', 16)),
    )
  return decoded
}

/**
 * Nobody knows where in a run of letters the encoded part begins.
 * @param leastLength of a run that can hold the secret
 */
function decodeBase64(text: string, leastLength: number): string[] {
  const runs = text.replace(/\s+/g, '').match(base64Runs) ?? []
  return runs
    .filter(({ length }) => length >= leastLength)
    .flatMap((run) => [0, 1, 2, 3].map((start) => Buffer.from(run.slice(start), 'base64').toString('latin1')))
}

/** Of a text in Base64, what does not depend on its neighbours, for each place where it may begin. */
export function base64Cores(text: string): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.from(' '.repeat(before) + text)
      .toString('base64')
      .replace(/=+$/, '')
    const isWhole = (before + Buffer.byteLength(text)) % 3 === 0
    return encoded.slice(Math.ceil((before * 8) / 6), isWhole ? undefined : -1)
  })
}

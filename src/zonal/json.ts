import { parse } from 'lossless-json'
import { reconcile } from './contradiction.ts'

/**
 * Integers beyond 2^53 have 16 digits or more; the reviver is slow, so it is used only where such may be, and not for
 * the digits of a card number in a text.
 */
const longDigits = /[:[,\s]-?\d{16}/

/**
 * JSON in which integers that a JavaScript number cannot hold come as text: Zonal's product ids have 64 bits. A key
 * that one object has twice with different values is `contradiction`.
 * @returns undefined for what is no JSON, or is nested too deeply to be read
 */
export function parseJson(text: string): unknown {
  try {
    const value = longDigits.test(text) ? JSON.parse(text, keepLongIntegers) : JSON.parse(text)
    // JSON.parse keeps the last of a repeated key in silence; what sees all of them is five times slower.
    return countKeysIn(value) === countKeysWritten(text) ? value : parseRepeatedKeys(text)
  } catch {
    return undefined
  }
}

function keepLongIntegers(_name: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && context?.source !== undefined ? toNumber(context.source) : value
}

function toNumber(source: string): string | number {
  const value = Number(source)
  return Number.isSafeInteger(value) || !/^-?\d+$/.test(source) ? value : source
}

function parseRepeatedKeys(text: string): unknown {
  return parse(text, undefined, {
    parseNumber: toNumber,
    onDuplicateKey: ({ oldValue, newValue }) => reconcile(oldValue, newValue),
  })
}

/** At least as many keys as the text has: what looks like one inside a text is counted too. */
function countKeysWritten(text: string): number {
  let keys = 0
  for (let colon = text.indexOf(':'); colon !== -1; colon = text.indexOf(':', colon + 1)) {
    let before = colon - 1
    while (isBlank(text.charCodeAt(before))) before -= 1
    if (text[before] === '"') keys += 1
  }
  return keys
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

/** Not by recursion: the nesting may be as deep as the text is long. */
function countKeysIn(value: unknown): number {
  let keys = 0
  const waiting = [value]
  const wait = (inner: unknown) => typeof inner === 'object' && inner !== null && waiting.push(inner)
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (Array.isArray(next)) next.forEach(wait)
    else if (isRecord(next))
      for (const key in next) {
        keys += 1
        wait(next[key])
      }
  }
  return keys
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

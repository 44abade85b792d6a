import { parse } from 'lossless-json'
import { reconcile } from './contradiction.ts'

/**
 * Integers beyond 2^53 have 16 digits or more. The reviver is slow, so it is used only if there may be one, and not because
 * of a card number within a text.
 */
const longDigits = /[:[,\s]-?\d{16}/
/** A ticket in an envelope needs four levels. */
export const maxDepth = 64
/** Returned for JSON that is nested more deeply. */
export const tooDeep = Symbol('too deep')

/**
 * Parses JSON. Integers that a JavaScript number cannot hold become texts, since Zonal's product ids have 64 bits. The value
 * of a key that one object has twice with different values becomes `contradiction`.
 * @returns undefined for a text that is not JSON; `tooDeep` for one that is nested too deeply
 */
export function parseJson(text: string): unknown {
  try {
    const value = longDigits.test(text) ? JSON.parse(text, keepLongIntegers) : JSON.parse(text)
    const keys = countKeysIn(value)
    if (keys === undefined) return tooDeep
    // JSON.parse silently keeps the last of repeated keys. A parser that sees all of them is five times slower.
    return keys === countKeysWritten(text) ? value : parseRepeatedKeys(text)
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

/** At least the number of keys in the text: anything inside a text value that looks like one is counted too. */
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

/**
 * Goes level by level, not by recursion, since the nesting may be as deep as the text is long.
 * @returns undefined if it is nested too deeply
 */
function countKeysIn(value: unknown): number | undefined {
  let keys = 0
  let level = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= maxDepth) return undefined
    const below: unknown[] = []
    const wait = (inner: unknown) => typeof inner === 'object' && inner !== null && below.push(inner)
    for (const one of level) {
      if (Array.isArray(one)) one.forEach(wait)
      else if (isRecord(one))
        for (const key in one) {
          keys += 1
          wait(one[key])
        }
    }
    level = below
  }
  return keys
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

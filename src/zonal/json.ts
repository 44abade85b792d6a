/**
 * Integers beyond 2^53 have 16 digits or more; the reviver is slow, so it is used only where such may be, and not for
 * the digits of a card number in a text.
 */
const longDigits = /[:[,\s]-?\d{16}/

/**
 * JSON in which integers that a JavaScript number cannot hold come as text: Zonal's product ids have 64 bits.
 * @returns undefined for what is no JSON, or is nested too deeply to be read
 */
export function parseJson(text: string): unknown {
  try {
    return longDigits.test(text) ? JSON.parse(text, keepLongIntegers) : JSON.parse(text)
  } catch {
    return undefined
  }
}

function keepLongIntegers(_name: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source ?? ''
  return /^-?\d+$/.test(source) ? source : value
}

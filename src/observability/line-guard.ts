import { maskPaymentCards, printable } from './printable.ts'
import type { Secrets } from '../exchange.ts'
import { setField } from './bounded.ts'
import { createSpotter, type Spotter } from '../model/secret-spotter.ts'

const removed = '(removed)'
const longestText = 4096
const longestList = 100
const deepest = 6

/** The last line of defence: no text of a log line holds the request's key or card, in any spelling. */
export function withoutSecrets(facts: Record<string, unknown>, secrets: Secrets): Record<string, unknown> {
  const spotters = [secrets.apiKey, secrets.cardNumber].flatMap((secret) =>
    secret ? [createSpotter(secret)] : [],
  )
  return mapTexts(facts, (text) => (isSpotted(text, spotters) ? removed : text)) as Record<string, unknown>
}

/** Looks only at the part of a long text that will be written. */
function isSpotted(text: string, spotters: Spotter[]): boolean {
  return spotters.some((spotter) => spotter(text.slice(0, longestText)))
}

/** Makes every text of a log line harmless: bounded, without payment cards, and without what steers a terminal. */
export function harmless(facts: Record<string, unknown>): Record<string, unknown> {
  return mapTexts(facts, harmlessText) as Record<string, unknown>
}

function harmlessText(text: string): string {
  // Nearly all texts are short and plain, and hold no long number.
  if (text.length <= longestText && !/[^\x20-\x7e]|\d[\d -]{11}/.test(text)) return text
  const kept = text.length > longestText ? `${text.slice(0, longestText)}… (${text.length} characters)` : text
  return printable(maskPaymentCards(kept))
}

/** Leaves out what is nested too deeply, and the end of a long list. */
function mapTexts(value: unknown, change: (text: string) => string, depth = 0): unknown {
  if (typeof value === 'string') return change(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= deepest) return undefined
  if (Array.isArray(value))
    return value.slice(0, longestList).map((entry) => mapTexts(entry, change, depth + 1))
  const copy: Record<string, unknown> = {}
  for (const name in value) setField(copy, name, mapTexts((value as typeof copy)[name], change, depth + 1))
  return copy
}

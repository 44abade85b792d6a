import { maskPaymentCards, printable } from './printable.ts'
import { spotterOf, type Secrets } from '../exchange.ts'
import { bounded, type Bounds } from './bounded.ts'

const removed = '(removed)'
const maxTextLength = 4096
/** Of a line. A text that is too long says so. */
const lineBounds: Bounds = { text: Infinity, entries: 100, fields: Infinity, depth: 6 }

/**
 * The last line of defence for what a request says in a log line: no text holds its key or card, in any spelling.
 * @returns a copy within the bounds, harmless like all lines
 */
export function withoutSecrets(
  facts: Record<string, unknown>,
  secrets: Secrets,
  bounds: Bounds,
): Record<string, unknown> {
  const isSpotted = spotterOf(secrets)
  // Of a long text only the part that will be written is looked at.
  const guard = (text: string) => (isSpotted(text.slice(0, maxTextLength)) ? removed : harmlessText(text))
  return bounded(facts, bounds, guard) as Record<string, unknown>
}

/** Makes every text of a log line harmless: bounded, without payment cards, and without what steers a terminal. */
export function harmless(facts: Record<string, unknown>): Record<string, unknown> {
  return bounded(facts, lineBounds, harmlessText) as Record<string, unknown>
}

function harmlessText(text: string): string {
  // Nearly all texts are short and plain, and hold no long number.
  if (text.length <= maxTextLength && !/[^\x20-\x7e]|\d[\d -]{11}/.test(text)) return text
  const kept =
    text.length > maxTextLength ? `${text.slice(0, maxTextLength)}… (${text.length} characters)` : text
  return printable(maskPaymentCards(kept))
}

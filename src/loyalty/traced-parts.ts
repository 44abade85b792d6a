import { traceJournal } from '../journal/traced-journal.ts'
import type { Journal } from '../journal/journal.ts'
import { inSpan, type Span } from '../model/span.ts'
import type { Turns } from './turns.ts'

/**
 * The parts as one message uses them: what it does with the journal, and how long it waits for the card's turn, are parts
 * of its span.
 * @returns the same parts if that is not recorded
 */
export function inTrace<T extends { journal: Partial<Journal>; turns: Turns }>(parts: T, span: Span): T {
  if (!span.isRecorded) return parts
  const { journal, turns } = parts
  const waitFor: Turns['waitFor'] = (card, withinMs) =>
    inSpan(span.wait('turn'), () => turns.waitFor(card, withinMs))
  return { ...parts, journal: traceJournal(journal, span), turns: { ...turns, waitFor } }
}

import { inSpan, type Span } from '../model/span.ts'
import type { Journal } from './journal.ts'

/** What is done for a till or an undo. Housekeeping and figures belong to no trace. */
const traced = [
  'beginDebit',
  'beginCredit',
  'beginUndo',
  'record',
  'markAnswered',
  'findRedemption',
  'acceptTicket',
  'keepDeadLetter',
  'findApproval',
] as const satisfies (keyof Journal)[]

type Traced = (typeof traced)[number]

/**
 * @param journal or the part of it that the caller uses
 * @returns the same, with a span for each use: a part of the given one
 */
export function traceJournal<T extends Partial<Journal>>(journal: T, span: Span): T {
  if (!span.isRecorded) return journal
  const seen: Partial<Journal> = {}
  for (const name of traced) {
    const use = journal[name] as ((...values: unknown[]) => Promise<unknown>) | undefined
    if (use)
      (seen as Record<Traced, typeof use>)[name] = (...values) => inSpan(begin(name), () => use(...values))
  }
  return { ...journal, ...seen }

  function begin(name: Traced): Span {
    return span.child(`journal ${name}`, 'client', {
      'db.system.name': journal.sharedBudget ? 'postgresql' : 'sqlite',
      'db.operation.name': name,
    })
  }
}

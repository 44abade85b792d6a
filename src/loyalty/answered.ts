import { traceJournal } from '../journal/traced-journal.ts'
import type { Journal } from '../journal/journal.ts'
import type { Span } from '../model/span.ts'
import { describeError, type Logger } from '../observability/logger.ts'
import type { Redemption } from '../redemptions/redemption.ts'
import type { Timers } from '../time/clock.ts'
import { untilStored } from './until-stored.ts'

type Deps = { journal: Pick<Journal, 'markAnswered'>; timers: Timers; log: Logger }

/**
 * Records that the OK of a debit has left. Unrecorded, the redemption would soon be in doubt, and given back although
 * the guest has the reward. So this is repeated until the journal can be written again, before which no undo can begin
 * either.
 *
 * @returns a function that resolves when it is written, or never can be
 */
export function createMarkAnswered({ journal, timers, log }: Deps) {
  return async function markAnswered(row: Redemption, span: Span): Promise<void> {
    const { markAnswered } = traceJournal(journal, span)
    const logIt = (error: unknown) =>
      log.warn({ redemptionId: row.id, error: describeError(error) }, 'an answered debit could not be marked')
    await untilStored(timers, () => markAnswered(row), logIt).catch(() => undefined)
  }
}

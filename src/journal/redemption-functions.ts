import { toRecord } from '../redemptions/record.ts'
import type { Access } from './access.ts'
import type { Journal } from './journal.ts'
import type { RedemptionRows } from './redemption-rows.ts'
import { createRedemptions } from './redemptions.ts'

type RedemptionFunctions = Pick<
  Journal,
  | 'beginDebit'
  | 'beginCredit'
  | 'record'
  | 'markAnswered'
  | 'dueUndos'
  | 'beginUndo'
  | 'stuckRedemptions'
  | 'findRedemption'
>

/** If a call has not settled this long after the till's deadline, its process has died. */
const abandonedAfterMs = 1000

/** The journal's functions for redemptions. */
export function createRedemptionFunctions(
  rows: RedemptionRows,
  { read, write, admit }: Access,
  posDeadlineMs: number,
): RedemptionFunctions {
  const redemptions = createRedemptions(rows, posDeadlineMs + abandonedAfterMs)
  /** OKs that left while the journal could not be written. Before an undo of one of these, it is marked as answered. */
  const answeredButUnmarked = new Set<string>()
  const markAnswered = (id: string, nowMs: number) => redemptions.record(id, { kind: 'answered' }, nowMs)

  return {
    beginDebit: (intent, decide) =>
      admit('redemption', (nowMs) => redemptions.beginDebit(intent, decide, nowMs), intent.cardHash),
    beginCredit: (intent, decide) =>
      admit('redemption', (nowMs) => redemptions.beginCredit(intent, decide, nowMs), intent.cardHash),
    record: (of, event) => write((nowMs) => redemptions.record(of, event, nowMs)),
    async markAnswered(id) {
      answeredButUnmarked.add(id)
      await write((nowMs) => markAnswered(id, nowMs))
      answeredButUnmarked.delete(id)
    },
    dueUndos: (limit) => read((nowMs) => redemptions.dueUndos(limit, nowMs)),
    beginUndo: ({ id, cardHash }) =>
      write(function* (nowMs) {
        if (answeredButUnmarked.has(id)) yield* markAnswered(id, nowMs)
        return yield* redemptions.beginUndo(id, nowMs)
      }, cardHash),
    stuckRedemptions: async () => (await read(rows.findStuck)).map(toRecord),
    async findRedemption(id) {
      const found = await read(() => rows.find(id))
      return found && toRecord(found.redemption)
    },
  }
}

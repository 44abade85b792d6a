import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { toRecord } from '../redemptions/record.ts'
import type { Call, Redemption } from '../redemptions/redemption.ts'
import type { RedemptionEvent } from '../redemptions/transitions.ts'
import { undoWithinMs } from '../redemptions/undo.ts'
import type { Access } from './access.ts'
import type { CreditBegun, DebitBegun, Journal, Recorded, UndoBegun } from './journal.ts'
import type { Found, RedemptionRows } from './redemption-rows.ts'
import { createRedemptions, idOf, toUndoBegun } from './redemptions.ts'
import type { Work } from './work.ts'

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

type Sent = { do: 'send'; redemption: Redemption }

/** If a call has not settled this long after its deadline, its process has died. */
const abandonedAfterMs = 1000

/** The journal's functions for redemptions. */
export function createRedemptionFunctions(
  rows: RedemptionRows,
  { read, write, amend, admit, wasAway }: Access,
  posDeadlineMs: number,
): RedemptionFunctions {
  const redemptions = createRedemptions(rows)
  /** OKs that left while the journal could not be written. Before an undo of one of these, it is marked as answered. */
  const answeredButUnmarked = new Set<string>()
  const markAnswered = (id: string, nowMs: number) => redemptions.record(id, { kind: 'answered' }, nowMs)

  /** Work that begins a call. If an earlier try of it has begun the call, it is not begun again. */
  function beginning<T>(
    cardHash: string,
    withinMs: number,
    begin: (call: Call, nowMs: number) => Work<T>,
    begun: (found: Found) => T,
  ) {
    const id = randomUUID()
    return function* (nowMs: number, mayBeDone: boolean): Work<T> {
      const done = mayBeDone ? yield* rows.findByCall(cardHash, id) : undefined
      return done ? begun(done) : yield* begin({ id, untilMs: nowMs + withinMs + abandonedAfterMs }, nowMs)
    }
  }

  /** Work that records an event. If an earlier try of it has changed the row, it is not changed again. */
  function recording(of: string | Redemption, event: RedemptionEvent) {
    let tried: Recorded | undefined
    return function* (nowMs: number, mayBeDone: boolean): Work<Recorded> {
      if (mayBeDone && tried?.redemption) {
        const found = yield* rows.find(tried.redemption.id)
        if (isDeepStrictEqual(found?.redemption, tried.redemption)) return tried
      }
      return (tried = yield* redemptions.record(of, event, nowMs))
    }
  }

  /** The call that a till waits for. */
  function admitCall<T>(
    { cardHash }: { cardHash: string },
    begin: (call: Call, nowMs: number) => Work<T | Sent>,
  ): Promise<T | Sent> {
    const begun = ({ redemption }: Found): Sent => ({ do: 'send', redemption })
    return admit('redemption', beginning(cardHash, posDeadlineMs, begin, begun), cardHash)
  }

  return {
    beginDebit: (intent, decide) =>
      admitCall<DebitBegun>(intent, (call, nowMs) => redemptions.beginDebit(intent, decide, call, nowMs)),
    beginCredit: (intent, decide) =>
      admitCall<CreditBegun>(intent, (call, nowMs) => redemptions.beginCredit(intent, decide, call, nowMs)),
    record: (of, event) => amend(recording(of, event)),
    async markAnswered(of) {
      const id = idOf(of)
      answeredButUnmarked.add(id)
      await amend(recording(of, { kind: 'answered' }))
      answeredButUnmarked.delete(id)
    },
    dueUndos: (limit) => read((nowMs) => redemptions.dueUndos(limit, nowMs)),
    beginUndo({ id, cardHash }) {
      const work = beginning<UndoBegun | undefined>(
        cardHash,
        undoWithinMs,
        function* (call, nowMs) {
          if (answeredButUnmarked.has(id)) yield* markAnswered(id, nowMs)
          return yield* redemptions.beginUndo(id, { call, leavesConfirmed: wasAway(nowMs) }, nowMs)
        },
        toUndoBegun,
      )
      return write(work, cardHash)
    },
    stuckRedemptions: async () => (await read(rows.findStuck)).map(toRecord),
    async findRedemption(id) {
      const found = await read(() => rows.find(id))
      return found && toRecord(found.redemption)
    },
  }
}

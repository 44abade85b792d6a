import type {
  OperatorDecision,
  OperatorOutcome,
  RedemptionRecord,
  RedemptionState,
} from '../redemptions/redemption.ts'
import type { Database, Row } from './sqlite/database.ts'
import { whereOpen, readShownWhat, textOrNothing } from './redemption-row.ts'

/** What an operator sees of redemptions, and decides. Each function that writes runs inside a transaction of the writer's. */
export function createDecisions(db: Database) {
  return {
    stuck(): RedemptionRecord[] {
      return db
        .all(`SELECT * FROM redemptions WHERE ${whereOpen} AND state = 'stuck' ORDER BY created_at`)
        .map(readRecord)
    },

    find(id: string): RedemptionRecord | undefined {
      const row = db.get('SELECT * FROM redemptions WHERE id = :id', { id })
      return row && readRecord(row)
    },

    retry(id: string, nowMs: number): OperatorOutcome {
      // A credit's first call could end it with its answer, for a till that waits; nobody does any more.
      const { changes } = db.run(
        `UPDATE redemptions SET state = 'in_doubt', due_at = :nowMs, changed_at = :nowMs,
           undo_since = :nowMs, undo_calls = 1, undo_tries = 0
         WHERE id = :id AND state = 'stuck'`,
        { id, nowMs },
      )
      return outcome(id, changes)
    },

    settle(id: string, { as, by, why }: OperatorDecision, nowMs: number): OperatorOutcome {
      const { changes } = db.run(
        `UPDATE redemptions SET due_at = NULL, sealed = NULL, seal_key = NULL, changed_at = :nowMs,
           settled_by = :by, settled_why = :why, settled_at = :nowMs, ${settledAs[as]}
         WHERE id = :id AND state IN ('stuck', 'in_doubt')`,
        { id, by, why, nowMs },
      )
      return outcome(id, changes)
    },
  }

  function outcome(id: string, changes: number): OperatorOutcome {
    const row = db.get('SELECT state FROM redemptions WHERE id = :id', { id })
    return { isDone: changes > 0, state: row?.state as RedemptionState | undefined }
  }
}

/** What counts as taken stands as if the till had heard so, and can be given back by a credit like any other. */
const settledAs: Record<OperatorDecision['as'], string> = {
  reversed: `state = 'reversed'`,
  taken: `state = 'confirmed', confirmed_at = coalesce(confirmed_at, sent_at, :nowMs),
    answered_at = coalesce(answered_at, :nowMs), undo_by = NULL, undo_since = NULL, undo_calls = 0, undo_tries = 0`,
}

function readRecord(row: Row): RedemptionRecord {
  return {
    id: String(row.id),
    state: row.state as RedemptionState,
    what: readShownWhat(row),
    cardMasked: String(row.card_masked),
    venueId: String(row.venue_id),
    account: textOrNothing(row.account),
    attempt: Number(row.attempt),
    createdAtMs: Number(row.created_at),
    sentAtMs: numberOrNothing(row.sent_at),
    confirmedAtMs: numberOrNothing(row.confirmed_at),
    answeredAtMs: numberOrNothing(row.answered_at),
    undo: readUndo(row),
    settled: row.settled_by === null ? undefined : readSettled(row),
  }
}

function readUndo(row: Row): RedemptionRecord['undo'] {
  if (row.undo_by === null) return undefined
  return {
    by: row.undo_by === 'till' ? 'till' : 'doubt',
    sinceMs: Number(row.undo_since),
    calls: Number(row.undo_calls),
    tries: Number(row.undo_tries),
    last: textOrNothing(row.undo_last),
    dueAtMs: numberOrNothing(row.due_at),
  }
}

function readSettled(row: Row): RedemptionRecord['settled'] {
  return { by: String(row.settled_by), why: String(row.settled_why), atMs: Number(row.settled_at) }
}

function numberOrNothing(value: Row[string] | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined
}

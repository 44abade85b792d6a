import { toRecord, type RedemptionRecord } from '../redemptions/record.ts'
import type { RedemptionState } from '../redemptions/redemption.ts'
import type { Access } from './access.ts'
import { listAudit, type AuditEntry, type AuditFilter } from './audit.ts'
import { createDeadLetters } from './dead-letters.ts'
import { narrow } from './narrow.ts'
import { toValues, whereAfter, type Listed } from './paging.ts'
import { readRedemption, whereOpen, whereSettled } from './redemption-row.ts'
import { numberOrUndefined } from './row-values.ts'
import type { Seal } from './seal.ts'
import { readStats, type JournalCounts } from './stats.ts'
import type { DeadLetter, OpenedDeadLetter } from './stored-tickets.ts'
import { all, get, type Row, type Work } from './work.ts'

/** Epoch ms; `publishedAtMs` is undefined while it waits for Kafka. */
export type TicketRecord = { eventId: string; takenAtMs: number; publishedAtMs: number | undefined }

/**
 * Undefined is any. `sinceMs`: changed since then; what is not settled is listed in any case. `after`: to go on
 * after the last one that was listed.
 */
export type RedemptionFilter = {
  states: readonly RedemptionState[] | undefined
  venueId: string | undefined
  sinceMs: number
  after?: Listed | undefined
  limit: number
}

type ListedRedemption = RedemptionRecord & { changedAtMs: number }

/** Undefined is any. `after`: to go on after the last one that was listed. */
export type DeadLetterFilter = { venueId: string | undefined; after?: Listed | undefined; limit: number }

/** What people ask about what is stored. None of it changes anything, and each is read from an index. */
export type LookUps = {
  /** @param venueId the Aztec venue ID. @returns the oldest first */
  redemptionsOfBill(bill: { venueId: string; account: string }): Promise<RedemptionRecord[]>
  /** @returns those that there are */
  redemptionsByIds(ids: readonly string[]): Promise<RedemptionRecord[]>
  /** @returns those whose id begins so, a hundred at most */
  redemptionsByBeginning(beginning: string): Promise<RedemptionRecord[]>
  /** @returns the most recently changed first */
  listRedemptions(filter: RedemptionFilter): Promise<ListedRedemption[]>
  /** @returns the newest first */
  listDeadLetters(filter: DeadLetterFilter): Promise<DeadLetter[]>
  hasDeadLetter(id: string): Promise<boolean>
  /** @throws StorageUnavailable if its seal is broken, JournalKeyMissing if its key is not given */
  openDeadLetter(id: string): Promise<OpenedDeadLetter | undefined>
  /** @returns those that there are */
  ticketsByEventIds(eventIds: readonly string[]): Promise<TicketRecord[]>
  /** @returns what people did, or looked at, the newest first */
  audit(filter: AuditFilter): Promise<AuditEntry[]>
  /** @returns what people decided about these redemptions */
  actsOn(redemptionIds: readonly string[]): Promise<AuditEntry[]>
  /** How many of each there are. */
  counts(): Promise<JournalCounts>
}

const coreIdsSql = 'SELECT DISTINCT core_id FROM venues WHERE venue_id = :venueId'
/** Settled rows have an index by their last change, open ones by being open. */
const open = whereOpen
const settled = `${whereSettled} AND changed_at > :sinceMs`

export function createLookUps(seal: Seal, { read }: Pick<Access, 'read'>): LookUps {
  function* ofBill({ venueId, account }: { venueId: string; account: string }): Work<RedemptionRecord[]> {
    const found: RedemptionRecord[] = []
    for (const { core_id: venue } of yield* all(coreIdsSql, { venueId })) {
      const sql = 'SELECT * FROM redemptions WHERE venue = :venue AND account = :account ORDER BY created_at'
      found.push(...toRecords(yield* all(sql, { venue: venue ?? null, account })))
    }
    return found
  }

  function* byIds(ids: readonly string[]): Work<RedemptionRecord[]> {
    const found: RedemptionRecord[] = []
    for (const id of new Set(ids)) {
      found.push(...toRecords(yield* all('SELECT * FROM redemptions WHERE id = :id', { id })))
    }
    return found
  }

  function* byBeginning(beginning: string): Work<RedemptionRecord[]> {
    const sql = 'SELECT * FROM redemptions WHERE id >= :beginning AND id < :end ORDER BY id LIMIT 100'
    return toRecords(yield* all(sql, { beginning, end: `${beginning}~` }))
  }

  function* list({ states, venueId, sinceMs, after, limit }: RedemptionFilter): Work<ListedRedemption[]> {
    // They are names of ours.
    const ofStates = states ? `AND state IN (${states.map((state) => `'${state}'`).join(', ')})` : ''
    const { where, values: narrowed } = narrow(
      { venueId: 'venue_id = :venueId', afterMs: whereAfter('changed_at') },
      { venueId, ...toValues(after) },
    )
    const values = { ...narrowed, limit }
    const select = (those: string) =>
      `SELECT * FROM redemptions WHERE ${those} AND ${where} ${ofStates}
       ORDER BY changed_at DESC, id DESC LIMIT :limit`
    const found = [
      ...(yield* all(select(open), values)),
      ...(yield* all(select(settled), { ...values, sinceMs })),
    ]
    return found
      .map((row) => ({ ...toRecord(readRedemption(row, seal)), changedAtMs: Number(row.changed_at) }))
      .toSorted((a, b) => b.changedAtMs - a.changedAtMs || (a.id < b.id ? 1 : -1))
      .slice(0, limit)
  }

  function* tickets(eventIds: readonly string[]): Work<TicketRecord[]> {
    const found: TicketRecord[] = []
    for (const eventId of new Set(eventIds)) {
      const sql = 'SELECT taken_at, published_at FROM tickets WHERE event_id = :eventId'
      const row = yield* get(sql, { eventId })
      if (!row) continue
      found.push({
        eventId,
        takenAtMs: Number(row.taken_at),
        publishedAtMs: numberOrUndefined(row.published_at),
      })
    }
    return found
  }

  function* actsOn(redemptionIds: readonly string[]): Work<AuditEntry[]> {
    const found: AuditEntry[] = []
    for (const target of new Set(redemptionIds)) found.push(...(yield* listAudit({ target, limit: 20 })))
    return found
  }

  const deadLetters = createDeadLetters(seal)
  const toRecords = (found: Row[]) => found.map((row) => toRecord(readRedemption(row, seal)))

  return {
    redemptionsOfBill: (bill) => read(() => ofBill(bill)),
    redemptionsByIds: (ids) => read(() => byIds(ids)),
    redemptionsByBeginning: (beginning) => read(() => byBeginning(beginning)),
    listRedemptions: (filter) => read(() => list(filter)),
    listDeadLetters: (filter) => read(() => deadLetters.listSome(filter)),
    hasDeadLetter: async (id) => (await read(() => deadLetters.find(id))) !== undefined,
    openDeadLetter: (id) => read(() => deadLetters.open(id)),
    ticketsByEventIds: (eventIds) => read(() => tickets(eventIds)),
    audit: (filter) => read(() => listAudit(filter)),
    actsOn: (redemptionIds) => read(() => actsOn(redemptionIds)),
    counts: () => read(readStats),
  }
}

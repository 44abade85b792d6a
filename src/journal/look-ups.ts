import { toRecord, type RedemptionRecord } from '../redemptions/record.ts'
import type { RedemptionState } from '../redemptions/redemption.ts'
import type { Access } from './access.ts'
import { readRedemption, whereOpen } from './redemption-row.ts'
import { numberOrUndefined } from './row-values.ts'
import type { Seal } from './seal.ts'
import { all, get, type Row, type Work } from './work.ts'

/** Epoch ms; `publishedAtMs` is undefined while it waits for Kafka. */
export type TicketRecord = { eventId: string; takenAtMs: number; publishedAtMs: number | undefined }

/** Undefined is any. `sinceMs`: changed since then; what is not settled is listed in any case. */
export type RedemptionFilter = {
  states: readonly RedemptionState[] | undefined
  venueId: string | undefined
  sinceMs: number
  limit: number
}

/** What people ask about what is stored. None of it changes anything, and each is read from an index. */
export type LookUps = {
  /** @param venueId the Aztec venue ID. @returns the oldest first */
  redemptionsOfBill(bill: { venueId: string; account: string }): Promise<RedemptionRecord[]>
  /** @returns those that there are */
  redemptionsByIds(ids: readonly string[]): Promise<RedemptionRecord[]>
  /** @returns those whose id begins so, a hundred at most */
  redemptionsByBeginning(beginning: string): Promise<RedemptionRecord[]>
  /** @returns the last changed first */
  listRedemptions(filter: RedemptionFilter): Promise<RedemptionRecord[]>
  /** @returns those that there are */
  ticketsByEventIds(eventIds: readonly string[]): Promise<TicketRecord[]>
}

const coreIdsSql = 'SELECT DISTINCT core_id FROM venues WHERE venue_id = :venueId'
/** Settled rows have an index by their last change, open ones by being open. */
const open = whereOpen
const settled = `due_at IS NULL AND state NOT IN ('sent', 'in_doubt', 'stuck') AND changed_at > :sinceMs`

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

  function* list({ states, venueId, sinceMs, limit }: RedemptionFilter): Work<RedemptionRecord[]> {
    // They are names of ours.
    const ofStates = states ? `AND state IN (${states.map((state) => `'${state}'`).join(', ')})` : ''
    const ofVenue = venueId === undefined ? '' : 'AND venue_id = :venueId'
    const values = { limit, ...(venueId !== undefined && { venueId }) }
    const select = (where: string) =>
      `SELECT * FROM redemptions WHERE ${where} ${ofStates} ${ofVenue} ORDER BY changed_at DESC LIMIT :limit`
    const found = [
      ...(yield* all(select(open), values)),
      ...(yield* all(select(settled), { ...values, sinceMs })),
    ]
    return toRecords(found.toSorted((a, b) => Number(b.changed_at) - Number(a.changed_at)).slice(0, limit))
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

  const toRecords = (found: Row[]) => found.map((row) => toRecord(readRedemption(row, seal)))

  return {
    redemptionsOfBill: (bill) => read(() => ofBill(bill)),
    redemptionsByIds: (ids) => read(() => byIds(ids)),
    redemptionsByBeginning: (beginning) => read(() => byBeginning(beginning)),
    listRedemptions: (filter) => read(() => list(filter)),
    ticketsByEventIds: (eventIds) => read(() => tickets(eventIds)),
  }
}

import { redemptionId } from '../model/keys.ts'
import type { TicketRedemption, What } from '../model/words.ts'
import type { NewRedemption } from '../redemptions/begin.ts'
import type { CardRows, DebitRows } from '../redemptions/decide-debit.ts'
import { keyMs, type DebitIntent, type Redemption, type RedemptionSecret } from '../redemptions/redemption.ts'
import { transition, type RedemptionEvent } from '../redemptions/transitions.ts'
import { insertRow, updateRow } from './redemption-columns.ts'
import { openSecret, readRedemption, whereOpen, whereOpenedBy } from './redemption-row.ts'
import type { Seal } from './seal.ts'
import { all as allRows, get, run, type Row, type Work } from './work.ts'

const attemptsSql = `SELECT 'attempt' AS found, redemptions.* FROM redemptions WHERE key = :key
  UNION ALL SELECT 'attempt', redemptions.* FROM redemptions WHERE id = :id AND key <> :key`

const aliasSql = `SELECT 'alias' AS found, redemptions.* FROM redemption_aliases JOIN redemptions ON id = redemption_id
  WHERE redemption_aliases.key = :key AND redemption_aliases.created_at > :fromMs`

const underWaySql = `SELECT 'under_way' AS found, redemptions.* FROM redemptions
  WHERE card_hash = :cardHash AND call_id IS NOT NULL AND call_until > :nowMs`

const ofCouponSql = `SELECT 'of_coupon' AS found, redemptions.* FROM redemptions
  WHERE card_hash = :cardHash AND reward_id IN (:rewardId, :formerId)
    AND state IN ('sent', 'in_doubt', 'confirmed')`

/** Of each coupon the latest row is enough to know that it does not stand, however often a till has tried. */
const notStandingSql = `SELECT * FROM
  (SELECT redemptions.*, row_number() OVER (PARTITION BY reward_id ORDER BY created_at DESC) AS place
   FROM redemptions WHERE card_hash = :cardHash AND reward_id IS NOT NULL AND venue = :venue
     AND state IN ('sent', 'in_doubt', 'stuck', 'credited', 'reversed')) AS placed
  WHERE place = 1`

/** All that matters to a debit, by one statement: a till waits for each round trip to the database. */
const forDebitSql = {
  points: [attemptsSql, aliasSql, underWaySql].join(' UNION ALL '),
  coupon: [attemptsSql, aliasSql, underWaySql, ofCouponSql].join(' UNION ALL '),
}

/** Earlier versions stored an id that contains a card number as it is. */
function couponIds({ rewardId: formerId, standIn: rewardId = formerId }: Extract<What, { kind: 'coupon' }>) {
  return { rewardId, formerId }
}

/** A row, and a function that opens its seal. */
export type Found = { redemption: Redemption; openSecret: () => RedemptionSecret | undefined }

export type RedemptionRows = ReturnType<typeof createRedemptionRows>

/** Finds and writes the rows of redemptions. How a row changes is decided in `redemptions/`. */
export function createRedemptionRows(seal: Seal) {
  return {
    add,
    apply,
    find,
    findDue,
    findStuck,
    findForDebit,
    findAttempts,
    findAlias,
    findByCoupon,
    findUnderWay,
    findByCall,
    findByCredit,
    findByBill,
    findByTicket,
    addAlias,
    dropAlias,
  }

  function add(added: NewRedemption, nowMs: number): Work<void> {
    return insertRow(added, nowMs, seal)
  }

  /**
   * Writes what an event changes.
   * @returns the row as it is now, which is the given one if the event changes nothing; undefined if the row has changed
   *   since it was read
   */
  function* apply(row: Redemption, event: RedemptionEvent, nowMs: number): Work<Redemption | undefined> {
    const change = transition(row, event, nowMs)
    if (!change) return row
    const isWritten = yield* updateRow(row, change, nowMs, seal)
    const { secret: _, ...changed } = change
    return isWritten ? { ...row, ...changed, revision: row.revision + 1 } : undefined
  }

  function* find(id: string): Work<Found | undefined> {
    const row = yield* get('SELECT * FROM redemptions WHERE id = :id', { id })
    return row && withSeal(row)
  }

  function withSeal(row: Row): Found {
    return { redemption: readRedemption(row, seal), openSecret: () => openSecret(row, seal) }
  }

  function* read(sql: string, values: Row): Work<Redemption[]> {
    return (yield* allRows(sql, values)).map((row) => readRedemption(row, seal))
  }

  function all(where: string, values: Row): Work<Redemption[]> {
    return read(`SELECT * FROM redemptions WHERE ${where}`, values)
  }

  /** @returns the longest due first, of those that the given keys can open */
  function* findDue(limit: number, nowMs: number): Work<Found[]> {
    const rows = yield* allRows(
      `SELECT * FROM redemptions WHERE ${whereOpen} AND due_at <= :nowMs
         AND ${whereOpenedBy(seal.keyIds)} ORDER BY due_at LIMIT :limit`,
      { nowMs, limit },
    )
    return rows.map(withSeal)
  }

  /** @returns the oldest first */
  function findStuck(): Work<Redemption[]> {
    return all(`${whereOpen} AND state = 'stuck' ORDER BY created_at`, {})
  }

  function* findForDebit({ key, cardHash, what }: DebitIntent, nowMs: number): Work<DebitRows & CardRows> {
    const found = yield* allRows(forDebitSql[what.kind], {
      ...{ key, id: redemptionId(key, 1), fromMs: nowMs - keyMs, cardHash, nowMs },
      ...(what.kind === 'coupon' && couponIds(what)),
    })
    const ofKind = (kind: string) =>
      found.filter((row) => row.found === kind).map((row) => readRedemption(row, seal))
    return {
      attempts: ofKind('attempt'),
      alias: ofKind('alias')[0],
      ofCoupon: ofKind('of_coupon'),
      underWay: ofKind('under_way'),
    }
  }

  /** @returns the attempts under a key, and the row with the id of the first: a credit may have made it */
  function findAttempts(key: string): Work<Redemption[]> {
    return read(attemptsSql, { key, id: redemptionId(key, 1) })
  }

  function* findAlias(key: string, nowMs: number): Work<Redemption | undefined> {
    return (yield* read(aliasSql, { key, fromMs: nowMs - keyMs }))[0]
  }

  /** @returns the rows of a card and coupon that are taken or may be, at any venue */
  function* findByCoupon(cardHash: string, what: What | undefined): Work<Redemption[]> {
    if (what?.kind !== 'coupon') return []
    return yield* read(ofCouponSql, { cardHash, ...couponIds(what) })
  }

  /** @returns the rows of a card with a call that may be on its way */
  function findUnderWay(cardHash: string, nowMs: number): Work<Redemption[]> {
    return read(underWaySql, { cardHash, nowMs })
  }

  /** @returns the row of a call that was begun, unless its outcome is recorded */
  function* findByCall(cardHash: string, callId: string): Work<Found | undefined> {
    const row = yield* get('SELECT * FROM redemptions WHERE card_hash = :cardHash AND call_id = :callId', {
      cardHash,
      callId,
    })
    return row && withSeal(row)
  }

  /** A credit is remembered for a day of its own. */
  function* findByCredit(creditKey: string | undefined, nowMs: number): Work<Redemption | undefined> {
    if (!creditKey) return undefined
    const [latest] = yield* all(
      'credit_key = :creditKey AND changed_at > :fromMs ORDER BY changed_at DESC LIMIT 1',
      { creditKey, fromMs: nowMs - keyMs },
    )
    return latest
  }

  function findByBill(
    bill: { venue: string; account: string; cardHash: string },
    nowMs: number,
  ): Work<Redemption[]> {
    return all('venue = :venue AND account = :account AND card_hash = :cardHash AND created_at > :fromMs', {
      venue: bill.venue,
      account: bill.account,
      cardHash: bill.cardHash,
      fromMs: nowMs - keyMs,
    })
  }

  /**
   * @param named by the ticket
   * @returns coupons that the card took at the venue, coupons that went out with the ticket, and those that it names by
   *   their ids; if it names a reward without a known id, also the coupons that the card has given back at the venue, or
   *   may have
   */
  function* findByTicket(
    ticket: { venue: string; cardHash: string; ticketKey: string },
    named: TicketRedemption[],
  ): Work<Redemption[]> {
    const { venue, cardHash, ticketKey } = ticket
    const found = [
      ...(yield* all(
        `card_hash = :cardHash AND reward_id IS NOT NULL AND venue = :venue AND state = 'confirmed'`,
        { cardHash, venue },
      )),
      ...(yield* all('ticket_key = :ticketKey', { ticketKey })),
    ]
    for (const { redemptionId: id } of named)
      if (id !== undefined) found.push(...(yield* all('id = :id AND reward_id IS NOT NULL', { id })))
    const ids = new Set(found.map(({ id }) => id))
    const isByReward = named.some(
      ({ redemptionId = '', rewardId }) => rewardId !== undefined && !ids.has(redemptionId),
    )
    if (isByReward) found.push(...(yield* read(notStandingSql, { cardHash, venue })))
    return [...new Map(found.map((row) => [row.id, row])).values()]
  }

  /** From now on this key finds a redemption that was taken under another. */
  function* addAlias(key: string, { id }: Redemption, nowMs: number): Work<void> {
    yield* run(
      `INSERT INTO redemption_aliases VALUES (:key, :id, :nowMs)
       ON CONFLICT (key) DO UPDATE SET redemption_id = :id, created_at = :nowMs`,
      { key, id, nowMs },
    )
  }

  function* dropAlias(key: string): Work<void> {
    yield* run('DELETE FROM redemption_aliases WHERE key = :key', { key })
  }
}

import { JournalKeyMissing } from './journal.ts'
import { whereOpen } from './redemption-row.ts'
import { all, type Work } from './work.ts'

const sealedColumns = [
  { table: 'redemptions', key: 'seal_key', where: whereOpen },
  // Coupon ids that contain a card number are sealed for as long as the row is kept.
  { table: 'redemptions', key: 'reward_seal_key', where: 'reward_seal_key IS NOT NULL' },
  { table: 'tickets', key: 'seal_key', where: 'published_at IS NULL' },
  { table: 'dead_letters', key: 'seal_key', where: 'TRUE' },
]

/**
 * Checks that the given keys open all sealed rows. One that does not open would be a reward that cannot be given back,
 * or a ticket that never reaches Kafka.
 * @throws JournalKeyMissing with the number of rows
 */
export function* checkSealKeys(keyIds: string[]): Work<void> {
  const missing = yield* describeMissingKeys(keyIds)
  if (missing !== undefined) throw new JournalKeyMissing(missing)
}

/** @returns how many rows the given keys do not open, and what to do; undefined if they open all */
export function* describeMissingKeys(keyIds: string[]): Work<string | undefined> {
  const missing: string[] = []
  for (const { table, key, where } of sealedColumns) {
    const rows = yield* all(
      `SELECT ${key} AS key, count(*) AS rows FROM ${table}
       WHERE ${where} AND ${key} NOT IN (${keyIds.map(() => '?').join(', ')}) GROUP BY ${key}`,
      keyIds,
    )
    for (const row of rows) missing.push(`${row.rows} in ${table} (key ${row.key})`)
  }
  if (missing.length === 0) return undefined
  return `JOURNAL_KEY does not open what the journal holds: ${missing.join(', ')}. Add the key that sealed them after the new one, separated by a comma.`
}

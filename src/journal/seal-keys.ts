import type { Database } from './sqlite/database.ts'
import { JournalKeyMissing } from './journal.ts'
import { whereOpen } from './redemption-row.ts'

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
export function checkSealKeys(db: Database, keyIds: string[]) {
  const givenKeys = JSON.stringify(keyIds)
  const counted = sealedColumns.map(({ table, key, where }) => {
    const row = db.get(
      `SELECT count(*) AS rows, group_concat(DISTINCT ${key}) AS keys FROM ${table}
       WHERE ${where} AND ${key} NOT IN (SELECT value FROM json_each(:givenKeys))`,
      { givenKeys },
    )
    return { table, rows: Number(row?.rows ?? 0), keys: String(row?.keys ?? '') }
  })
  const missing = counted.filter(({ rows }) => rows > 0)
  if (missing.length === 0) return
  const list = missing.map(({ table, rows, keys }) => `${rows} in ${table} (key ${keys})`).join(', ')
  throw new JournalKeyMissing(
    `JOURNAL_KEY does not open what the journal holds: ${list}. Add the key that sealed them after the new one, separated by a comma.`,
  )
}

import type { Database } from './sqlite/database.ts'
import { JournalKeyMissing } from './journal.ts'
import { whereOpen } from './redemption-row.ts'

const sealed = [
  { table: 'redemptions', key: 'seal_key', where: whereOpen },
  // Coupons whose ids hold a card number, for as long as they can be given back.
  { table: 'redemptions', key: 'reward_seal_key', where: 'reward_seal_key IS NOT NULL' },
  { table: 'tickets', key: 'seal_key', where: 'published_at IS NULL' },
  { table: 'dead_letters', key: 'seal_key', where: 'TRUE' },
]

/**
 * A row that cannot be opened would be a reward that nobody can give back, or a ticket that never leaves.
 * @throws JournalKeyMissing that says how many there are
 */
export function checkSealKeys(db: Database, keyIds: string[]) {
  const known = JSON.stringify(keyIds)
  const counted = sealed.map(({ table, key, where }) => {
    const row = db.get(
      `SELECT count(*) AS rows, group_concat(DISTINCT ${key}) AS keys FROM ${table}
       WHERE ${where} AND ${key} NOT IN (SELECT value FROM json_each(:known))`,
      { known },
    )
    return { table, rows: Number(row?.rows ?? 0), keys: String(row?.keys ?? '') }
  })
  const missing = counted.filter(({ rows }) => rows > 0)
  if (missing.length === 0) return
  const list = missing.map(({ table, rows, keys }) => `${rows} in ${table} (key ${keys})`).join(', ')
  throw new JournalKeyMissing(
    `JOURNAL_KEY does not open what the journal holds: ${list}. Add the key that sealed them, after the new one, comma separated.`,
  )
}

import { writeFileSync } from 'node:fs'
import type { Journal } from '../../../src/journal/journal.ts'
import { migrations } from '../../../src/journal/postgres/migrations.ts'
import { toCredentials } from '../../../src/model/keys.ts'
import type { What } from '../../../src/model/words.ts'
import type { DebitIntent, DebitOutcome, UndoOutcome } from '../../../src/redemptions/redemption.ts'
import { openOnPostgres } from '../../support/both-databases.ts'
import { couponsOf } from '../../support/coupons-of.ts'
import { startCluster } from '../../support/postgres-cluster.ts'
import {
  confirmed,
  dueUndo,
  sendNext,
  settleByOperator,
  settleDebit,
  settleUndo,
} from '../../support/redemption.ts'
import { getStuck, stuckDebit } from '../../support/stuck-redemption.ts'
import { unreadMessage, type TestJournal } from '../../support/test-journal.ts'
import { closedBill } from '../../tickets/closed-bill.ts'

/**
 * Writes the schema of this release, and a journal with something of everything, beside this file: to be run when a
 * release is made, so that later ones are tested on what it has left behind (`test/journal/release-before.test.ts`).
 */
const tables = ['redemptions', 'redemption_aliases', 'tickets', 'dead_letters', 'venues', 'budgets', 'leases']

const cluster = await startCluster()
const test = await openOnPostgres(await cluster.createDatabase())
await fill(test)
const version = migrations.length
const { minCodeVersion } = migrations.at(-1)!
const inserts: string[] = []
for (const table of tables) inserts.push(...(await toInserts(test, table)))
const lines = [
  `-- PostgreSQL's schema ${version}, as its release made it, and what that wrote: by test/journal/frozen/write.ts.`,
  ...migrations.map(({ sql }) => sql),
  `CREATE TABLE schema_versions (
     "only" integer PRIMARY KEY CHECK ("only" = 1), schema_version integer NOT NULL, min_code_version integer NOT NULL);`,
  `INSERT INTO schema_versions VALUES (1, ${version}, ${minCodeVersion});`,
  ...inserts,
  `SELECT setval(pg_get_serial_sequence('tickets', 'sequence'), max(sequence)) FROM tickets;`,
]
writeFileSync(new URL(`postgres-${version}.sql`, import.meta.url), `${lines.join('\n')}\n`)
await test.end()
await cluster.stop()

/** Every state of a redemption, tickets, dead letters, and whatever else is kept. */
async function fill({ journal, clock }: TestJournal) {
  const pass = (ms: number) => clock.pass(ms)
  await getStuck(journal, pass, debitOf('stuck'))
  const byOperator = await getStuck(journal, pass, debitOf('settled-by-operator'))
  await settleByOperator(journal, byOperator, { as: 'taken', by: 'anna', why: 'the guest has it' })

  await debit(journal, 'not-done', { kind: 'not_done' })
  await debit(journal, 'refused', { kind: 'refused', code: 'MEMBER_BLOCKED' })
  const reversed = await debit(journal, 'reversed', { kind: 'unknown' })
  pass(3_000)
  await journal.beginUndo({ ...dueUndo(reversed), cardHash: 'hash-of-reversed' })
  await settleUndo(journal, reversed, { kind: 'given_back', moved: { pointsLeft: 5 } })

  for (const name of ['confirmed', 'credited', 'being-credited', 'confirmed-points']) {
    const what = name === 'confirmed-points' ? ({ kind: 'points', points: 100 } as const) : undefined
    await journal.markAnswered(await debit(journal, name, confirmed({ pointsLeft: 9 }), what))
  }
  await credit(journal, 'credited', { kind: 'given_back', moved: {} })
  await credit(journal, 'being-credited', { kind: 'unknown' })
  await repeatUnderAnotherId(journal, 'confirmed')

  await couponsOf(journal, { ...ofGuest('confirmed'), ticketKey: 'B-1' })
  await journal.markPublished((await journal.waitingTickets(9)).map(({ eventId }) => eventId))
  for (const id of ['refused-by-kafka', 'waiting-1', 'waiting-2']) await journal.acceptTicket(ticketOf(id))
  await journal.moveToDeadLetters('refused-by-kafka', 'too large')
  await journal.keepDeadLetter(unreadMessage('{"ticketId":'))

  const venue = { id: '1902', coreId: 'venue-uuid', currency: 'GBP' }
  await journal.keepApproval(toCredentials('1902', 'key-of-the-project'), {
    venue,
    approvedAtMs: clock.nowMs(),
  })
  const wanted = { count: 2, max: 48, limit: 48, holdMs: 12_000, windowMs: 10_000 } as const
  await journal.sharedBudget!.take('all', wanted, [])
  await journal.keepBlock('of-another-key', clock.nowMs() + 60_000)
  await journal.sharedLease!.keep('relay', 5_000)

  // Last, so that calls are still under way, and answers awaited.
  await debit(journal, 'in-doubt', { kind: 'unknown' })
  const masked = { kind: 'coupon', rewardId: 'uc-of-CARD0001', standIn: 'id-1' } as const
  await debit(journal, 'in-doubt-with-the-card-in-its-coupon', { kind: 'unknown' }, masked)
  await debit(journal, 'confirmed-unanswered', confirmed())
  await debit(journal, 'sent', undefined)
}

/** Each of a card of its own, so that none waits for the call of another. */
function ofGuest(name: string) {
  return { venue: 'venue-uuid', cardHash: `hash-of-${name}`, account: `A-${name}` }
}

function debitOf(name: string, what: What = { kind: 'coupon', rewardId: `uc-${name}` }): DebitIntent {
  return { ...stuckDebit, ...ofGuest(name), key: `T-${name}`, what }
}

/** @param outcome undefined while the call is under way */
async function debit(journal: Journal, name: string, outcome: DebitOutcome | undefined, what?: What) {
  const begun = await journal.beginDebit(debitOf(name, what), sendNext)
  if (begun.do !== 'send') throw new Error(`${name} was not sent`)
  if (outcome) await settleDebit(journal, begun.redemption.id, outcome)
  return begun.redemption.id
}

async function credit(journal: Journal, name: string, outcome: UndoOutcome) {
  const { key: debitKey, ...intent } = debitOf(name)
  const creditKey = `C-${name}`
  const begun = await journal.beginCredit(
    { ...intent, creditKey, debitKey, redemptionId: undefined },
    ({ debits: [redemption] }) => ({ do: 'send', redemption: redemption! }),
  )
  if (begun.do !== 'send') throw new Error(`the credit of ${name} was not sent`)
  await settleUndo(journal, begun.redemption.id, outcome)
}

async function repeatUnderAnotherId(journal: Journal, name: string) {
  await journal.beginDebit({ ...debitOf(name), key: `T-${name}-again` }, ({ ofCoupon: [redemption] }) => ({
    do: 'replay',
    redemption: redemption!,
  }))
}

function ticketOf(eventId: string) {
  return {
    ...closedBill({ eventId }),
    fingerprint: 'of the bill',
    formerFingerprint: () => 'of the rule before',
  }
}

/** Values as texts, which PostgreSQL turns into what their columns are. */
async function toInserts({ sql }: TestJournal, table: string): Promise<string[]> {
  const columns = (
    await sql(`SELECT column_name AS name FROM information_schema.columns
      WHERE table_name = '${table}' ORDER BY ordinal_position`)
  ).map(({ name }) => String(name))
  const values = columns.map((name) => `quote_nullable(${name}::text)`).join(`, ', ', `)
  const rows = await sql(`SELECT concat(${values}) AS line FROM ${table} ORDER BY 1`)
  const into = `INSERT INTO ${table} (${columns.join(', ')}) OVERRIDING SYSTEM VALUE VALUES`
  return rows.map(({ line }) => `${into} (${String(line)});`)
}

import { randomUUID } from 'node:crypto'
import { demo } from '../simulators/core/demo-project.ts'
import { openOnPostgres } from '../support/both-databases.ts'
import { journalEnv } from '../support/journal-url.ts'
import { runSql } from '../support/postgres-database.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { getStuck, stuckDebit } from '../support/stuck-redemption.ts'
import { closedBill } from '../tickets/closed-bill.ts'
import {
  cardHashKey,
  journalKeys,
  openTestJournal,
  unreadMessage,
  type TestJournal,
} from '../support/test-journal.ts'
import { createKeyedHash } from '../../src/model/keys.ts'
import { maskCard } from '../../src/model/words.ts'

const keys = { JOURNAL_KEY: journalKeys[0]!, CARD_HASH_KEY: cardHashKey }

export type StuckJournal = Awaited<ReturnType<typeof makeStuckJournal>>
/** `messages`: dead letters that can be read now; `tickets`: tickets that Kafka has refused. */
type Letters = { messages?: number; tickets?: number }

/**
 * A journal file with redemptions of Anna's at the demo venue that have been stuck for hours, as the service that opens it
 * next sees it: of her coffee, and if there are several of other coupons.
 * @returns the environment of that service, the redemptions' ids, and how to delete the file
 */
export async function makeStuckJournal(count = 1, letters: Letters = {}) {
  const test = await openTestJournal()
  await test.journal.close()
  test.clock.pass(Date.now() - test.clock.nowMs() - (2 + count) * 3_600_000)
  await test.open()
  const ids = await makeStuck(test, count)
  const kept = await keepLetters(test, letters)
  await test.journal.close()
  return { env: { JOURNAL_PATH: test.path, ...keys }, ids, ...kept, id: ids[0]!, end: () => test.end() }
}

/** The same on either database. To be called where a suite may be defined. */
export function useStuckJournals(): { name: string; make: typeof makeStuckJournal }[] {
  const makeDatabase = usePostgres()
  return [
    { name: 'SQLite', make: makeStuckJournal },
    { name: 'PostgreSQL', make: async (...how) => await makeStuckDatabase(await makeDatabase(), ...how) },
  ]
}

async function makeStuckDatabase(url: string, count = 1, letters: Letters = {}): Promise<StuckJournal> {
  const test = await openOnPostgres(url)
  test.clock.pass(Date.now() - test.clock.nowMs() - (2 + count) * 3_600_000)
  const ids = await makeStuck(test, count)
  const kept = await keepLetters(test, letters)
  await test.end()
  // From here on the database's own clock counts.
  await runSql(
    url,
    `CREATE OR REPLACE FUNCTION now_ms() RETURNS bigint LANGUAGE sql VOLATILE
       AS 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint';
     UPDATE clock SET seen_ms = now_ms(); DROP TABLE test_clock`,
  )
  const env = { ...journalEnv(url), ...keys, JOURNAL_PATH: '' }
  return { env, ids, ...kept, id: ids[0]!, end: () => Promise.resolve() }
}

async function makeStuck({ journal, clock }: TestJournal, count: number): Promise<string[]> {
  const { anna } = demo.cards
  const ids: string[] = []
  for (let at = 0; at < count; at++)
    ids.push(
      await getStuck(journal, clock.pass, {
        ...stuckDebit,
        key: `T-${at}`,
        venueId: demo.venueId,
        account: `400${at + 1}`,
        cardHash: createKeyedHash(cardHashKey)(anna),
        cardMasked: maskCard(anna),
        secret: { cardNumber: anna, apiKey: demo.apiKey },
        what: { kind: 'coupon', rewardId: at === 0 ? demo.coupons.coffee : `uc-other-${at}` },
      }),
    )
  return ids
}

async function keepLetters({ journal, clock }: TestJournal, { messages = 0, tickets = 0 }: Letters) {
  for (let at = 0; at < messages; at++) {
    clock.pass(1)
    const bill = { ticketId: `B-message-${at}`, closedAt: '2026-11-23T12:00:00Z', total: '12.30' }
    await journal.keepDeadLetter(unreadMessage(JSON.stringify(bill)))
  }
  const ids = Array.from({ length: tickets }, (_, at) => randomUUID().replace(/^.{8}/, `0000000${at}`))
  for (const eventId of ids) {
    clock.pass(1)
    const { kafkaKey, closed } = closedBill({ eventId })
    const formerFingerprint = () => ''
    await journal.acceptTicket({ eventId, fingerprint: eventId, formerFingerprint, kafkaKey, closed })
    await journal.moveToDeadLetters(eventId, 'Kafka has refused it')
  }
  const kept = (await journal.deadLetters()).toReversed()
  return { messages: kept.filter(({ kind }) => kind === 'message').map(({ id }) => id), tickets: ids }
}

import { demo } from '../simulators/core/demo-project.ts'
import { openOnPostgres } from '../support/both-databases.ts'
import { journalEnv } from '../support/journal-url.ts'
import { runSql } from '../support/postgres-database.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { getStuck, stuckDebit } from '../support/stuck-redemption.ts'
import { cardHashKey, journalKeys, openTestJournal, type TestJournal } from '../support/test-journal.ts'
import { createKeyedHash } from '../../src/model/keys.ts'
import { maskCard } from '../../src/model/words.ts'

const keys = { JOURNAL_KEY: journalKeys[0]!, CARD_HASH_KEY: cardHashKey }

export type StuckJournal = Awaited<ReturnType<typeof makeStuckJournal>>

/**
 * A journal file with redemptions of Anna's at the demo venue that have been stuck for hours, as the service that opens it
 * next sees it: of her coffee, and if there are several of other coupons.
 * @returns the environment of that service, the redemptions' ids, and how to delete the file
 */
export async function makeStuckJournal(count = 1) {
  const test = await openTestJournal()
  await test.journal.close()
  test.clock.pass(Date.now() - test.clock.nowMs() - (2 + count) * 3_600_000)
  await test.open()
  const ids = await makeStuck(test, count)
  await test.journal.close()
  return { env: { JOURNAL_PATH: test.path, ...keys }, ids, id: ids[0]!, end: () => test.end() }
}

/** The same on either database. To be called where a suite may be defined. */
export function useStuckJournals(): { name: string; make: (count: number) => Promise<StuckJournal> }[] {
  const makeDatabase = usePostgres()
  return [
    { name: 'SQLite', make: makeStuckJournal },
    { name: 'PostgreSQL', make: async (count) => await makeStuckDatabase(await makeDatabase(), count) },
  ]
}

async function makeStuckDatabase(url: string, count: number): Promise<StuckJournal> {
  const test = await openOnPostgres(url)
  test.clock.pass(Date.now() - test.clock.nowMs() - (2 + count) * 3_600_000)
  const ids = await makeStuck(test, count)
  await test.end()
  // From here on the database's own clock counts.
  await runSql(
    url,
    `CREATE OR REPLACE FUNCTION now_ms() RETURNS bigint LANGUAGE sql VOLATILE
       AS 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint';
     UPDATE clock SET seen_ms = now_ms(); DROP TABLE test_clock`,
  )
  const env = { ...journalEnv(url), ...keys, JOURNAL_PATH: '' }
  return { env, ids, id: ids[0]!, end: () => Promise.resolve() }
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

import { demo } from '../simulators/core/demo-project.ts'
import { getStuck, stuckDebit } from '../support/stuck-redemption.ts'
import { cardHashKey, journalKeys, openTestJournal } from '../support/test-journal.ts'
import { createKeyedHash } from '../../src/model/keys.ts'
import { maskCard } from '../../src/model/words.ts'

/**
 * A journal file with a redemption of Anna's coffee at the demo venue that has been stuck for an hour, as the service that
 * opens it next sees it.
 * @returns the environment of that service, the redemption's id, and how to delete the file
 */
export async function makeStuckJournal() {
  const test = await openTestJournal()
  await test.journal.close()
  test.clock.pass(Date.now() - test.clock.nowMs() - 3 * 3_600_000)
  await test.open()
  const { anna } = demo.cards
  const id = await getStuck(test.journal, test.clock.pass, {
    ...stuckDebit,
    venueId: demo.venueId,
    account: '4001',
    cardHash: createKeyedHash(cardHashKey)(anna),
    cardMasked: maskCard(anna),
    secret: { cardNumber: anna, apiKey: demo.apiKey },
    what: { kind: 'coupon', rewardId: demo.coupons.coffee },
  })
  await test.journal.close()
  const env = { JOURNAL_PATH: test.path, JOURNAL_KEY: journalKeys[0]!, CARD_HASH_KEY: cardHashKey }
  return { env, id, end: () => test.end() }
}

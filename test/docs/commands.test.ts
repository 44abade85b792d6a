import { expect } from 'chai'
import { postgresAt } from '../support/journal-url.ts'
import { fillJournal } from '../support/full-journal.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { transactionKey } from '../../src/model/keys.ts'
import { createFileStore, diaryPathOf } from '../../src/diary/sqlite/store.ts'
import { runCommand, type CommandName } from '../commands/run-command.ts'
import { getStuck, stuckDebit } from '../support/stuck-redemption.ts'
import { openTestJournal, unreadMessage, type TestJournal } from '../support/test-journal.ts'
import { closedBill } from '../tickets/closed-bill.ts'
import { readPage } from './pages.ts'
import { shownEntries } from './shown-entries.ts'

describe("operators' commands in contracts/commands.md, from the first to the last,", function () {
  this.timeout(30_000)
  let test: TestJournal
  before(async () => {
    test = await openTestJournal()
    await getStuck(test.journal, test.clock.pass, crownDebit)
    await test.journal.acceptTicket({
      ...closedBill(),
      fingerprint: 'of the bill',
      formerFingerprint: () => 'of the rule before',
      kafkaKey: '1902/A-12',
    })
    await test.journal.moveToDeadLetters(closedBill().eventId, 'MESSAGE_TOO_LARGE')
    test.clock.pass(60_000)
    await test.journal.keepDeadLetter(unread)
    const diary = createFileStore(diaryPathOf(test.path), 16 * 1024 * 1024, () => undefined)
    await diary.write(shownEntries(await stuckId()))
    await diary.close()
  })
  const stuckId = async () => (await test.journal.stuckRedemptions())[0]!.id
  after(() => test.end())

  const { fences } = readPage('contracts/commands.md')
  const shown = fences.flatMap(({ text }, index) => {
    const [, name, words] =
      /^npm run (bills|redemptions|tickets|dead-letters|erase) -- (.+)\n$/.exec(text) ?? []
    return name && words ? [{ name, words, output: fences[index + 1]?.text ?? '' }] : []
  })

  it('are complete', () => {
    const verbs = shown.map(({ name, words }) => `${name} ${words.split(' ')[0]}`)
    expect(verbs).to.deep.equal([
      'bills show',
      'bills card',
      'bills find',
      'redemptions list',
      'redemptions stuck',
      'redemptions show',
      'redemptions retry',
      'redemptions settle',
      'tickets find',
      'tickets show',
      'tickets silent',
      'dead-letters list',
      'dead-letters show',
      'dead-letters send',
      'dead-letters send',
      'dead-letters drop',
      'erase card',
    ])
  })

  for (const { name, words, output } of shown)
    it(`print what the page shows: ${name} ${words.replace(/[0-9a-f-]{36,}/, 'ID')}`, async () => {
      const env = { JOURNAL_PATH: test.path }
      const input = words === 'card' ? `${stuckDebit.secret.cardNumber}\n` : ''
      const { code, stdout, stderr } = await runCommand(name as CommandName, readWords(words), env, input)
      expect(code, stderr).to.equal(0)
      expect(stdout).to.equal(output)
    })
})

describe('the copy of a journal in contracts/commands.md', function () {
  this.timeout(30_000)
  const makeDatabase = usePostgres()
  let test: TestJournal
  before(async () => {
    test = await openTestJournal()
    test.clock.pass(Date.now() - test.clock.nowMs() - 3_600_000)
    await fillJournal(test)
    await test.journal.close()
  })
  after(() => test.end())

  it('prints what the page shows', async () => {
    const { fences } = readPage('contracts/commands.md')
    const index = fences.findIndex(({ text }) => text.startsWith('npm run journal:copy -- '))
    const words = readWords(fences[index]!.text).slice(4)
    expect([words[0], words[2]]).to.deep.equal(['--from', '--to'])

    const { url, password } = postgresAt(await makeDatabase())
    const env = { JOURNAL_PASSWORD: password, JOURNAL_TLS: 'off' }
    const { code, stdout, stderr } = await runCommand('journal-copy', ['--from', test.path, '--to', url], env)
    expect([code, stderr]).to.deep.equal([0, ''])
    expect(stdout).to.equal(fences[index + 1]?.text)
  })
})

const crown = { id: '1902', coreId: '5b1e7a52-0001-4c7e-9a01-000000001902', currency: 'GBP' }
const crownDebit = {
  ...stuckDebit,
  venue: crown.coreId,
  cardMasked: '*1001',
  key: transactionKey({ venue: crown }, 'R-3'),
  account: '5001',
  trace: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  what: { kind: 'coupon', rewardId: 'uc-coffee' },
} as const

const unread = {
  ...unreadMessage('{"ticketId":"B-5002","closedAt":"yesterday evening","total":"22.10","currency":"GBP"}'),
  reason: 'closedAt must be an ISO 8601 time, such as 2026-11-23T12:00:00Z',
}

/** As a shell splits them. */
function readWords(words: string): string[] {
  return [...words.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word)
}

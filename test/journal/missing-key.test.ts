import { expect } from 'chai'
import { JournalKeyMissing } from '../../src/journal/journal.ts'
import { createTurns } from '../../src/loyalty/turns.ts'
import { StorageUnavailable } from '../../src/model/refusal.ts'
import type { What } from '../../src/model/words.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createReversals } from '../../src/reversals/reversals.ts'
import { runCommand } from '../commands/run-command.ts'
import { openOnPostgres } from '../support/both-databases.ts'
import { journalEnv } from '../support/journal-url.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { couponDebit, dueUndo, sendNext, settleDebit } from '../support/redemption.ts'
import {
  createTestParts,
  journalKeys,
  testMetrics as metrics,
  unreadMessage,
  type TestJournal,
} from '../support/test-journal.ts'
import { noTracing } from '../../src/observability/tracing.ts'
import { closedBill } from '../tickets/closed-bill.ts'

const [oldKey, newKey] = journalKeys as [string, string]

/** As it is for a while if the new key was put first without being second before. */
describe('a replica that lacks the key of a row, beside one that has it,', () => {
  const makeDatabase = usePostgres()
  let url: string
  let lacking: TestJournal
  let having: TestJournal
  let lines: string[]
  beforeEach(async () => {
    url = await makeDatabase()
    const parts = createTestParts()
    lines = []
    lacking = await openOnPostgres(url, { parts })
    having = await openOnPostgres(url, { parts })
    await having.reopen([newKey, oldKey])
  })
  afterEach(async () => {
    await having.end()
    await lacking.end()
  })

  const intentOf = (name: string, what: What = { kind: 'coupon', rewardId: `uc-${name}` }) => ({
    ...couponDebit,
    ...{ key: name, cardHash: `card-${name}`, what },
  })
  async function doubt({ journal, clock }: TestJournal, name: string, what?: What) {
    const begun = await journal.beginDebit(intentOf(name, what), sendNext)
    if (begun.do !== 'send') throw new Error('was not sent')
    await settleDebit(journal, begun.redemption.id, { kind: 'unknown' })
    clock.pass(1)
    return begun.redemption.id
  }
  const accept = ({ journal }: TestJournal, eventId: string) =>
    journal.acceptTicket({ ...closedBill({ eventId }), fingerprint: 'f', formerFingerprint: () => 'g' })
  const idsWaiting = async ({ journal }: TestJournal) =>
    (await journal.waitingTickets(9)).map(({ eventId }) => eventId)
  const rows = () => lacking.sql('SELECT * FROM redemptions ORDER BY id')
  const missing = (failed: Promise<unknown>) =>
    failed.then(
      () => expect.fail('was done'),
      (error: Error) => {
        expect(error).to.be.instanceOf(JournalKeyMissing)
        // A till hears that it can try again, and may reach another replica.
        expect(error).to.be.instanceOf(StorageUnavailable)
        return error.message
      },
    )

  function reversalsOf(test: TestJournal) {
    const restored: string[] = []
    const core = {
      async restoreCoupon({ reference }: { reference: string }) {
        restored.push(reference)
        return {}
      },
    } as never
    const reversals = createReversals({
      ...{ journal: test.journal, core, balances: { drop: () => undefined }, turns: createTurns(), metrics },
      tracing: noTracing,
      ...{ maskId: (id: string) => id, clock: test.clock, timers: createManualClock() },
      log: createLogger('warn', { write: (line: string) => void lines.push(line) }),
    })
    return { restored, reversals }
  }

  it('gives back what it can open, and leaves the rest to the other, however much is before it', async () => {
    const others: string[] = []
    // More than one looks after at once.
    while (others.length < 9) others.push(await doubt(having, `other-${others.length}`))
    const masked: What = { kind: 'coupon', rewardId: 'uc-CARD0001', standIn: 'id-1' }
    others.push(await doubt(having, 'masked', masked))
    const own = await doubt(lacking, 'own')
    lacking.clock.pass(5_000)
    const before = (await rows()).filter(({ id }) => id !== own)

    const first = reversalsOf(lacking)
    for (let times = 0; times < 3; times++) await first.reversals.runDue()
    expect(first.restored).to.deep.equal([own])
    expect(
      (await rows()).filter(({ id }) => id !== own),
      'is left as it was',
    ).to.deep.equal(before)
    expect(lines).to.deep.equal([])

    const second = reversalsOf(having)
    for (let times = 0; times < 2; times++) await second.reversals.runDue()
    expect(second.restored).to.have.members(others)
  })

  it('does not claim the undo of a row that the other has sealed since', async () => {
    const id = await doubt(having, 'other')
    lacking.clock.pass(5_000)
    const before = await rows()
    await missing(lacking.journal.beginUndo({ ...dueUndo(id), cardHash: 'card-other' }))
    expect(await rows()).to.deep.equal(before)
    expect(await having.journal.beginUndo({ ...dueUndo(id), cardHash: 'card-other' })).to.have.property(
      'secret',
    )
  })

  it('refuses a debit that needs the key, asking for a retry, and takes all others', async () => {
    const masked: What = { kind: 'coupon', rewardId: 'uc-CARD0001', standIn: 'id-1' }
    await doubt(having, 'masked', masked)
    await doubt(having, 'other')
    const before = await rows()
    await missing(lacking.journal.beginDebit(intentOf('masked', masked), sendNext))
    expect(await rows()).to.deep.equal(before)
    const repeat = await lacking.journal.beginDebit(intentOf('other'), ({ attempts: [row] }) => {
      expect(row).to.include({ state: 'in_doubt' })
      return { do: 'refuse', code: 'TRY_AGAIN_SHORTLY' }
    })
    expect(repeat).to.have.property('code')
  })

  it('takes a credit of a row that it cannot open, since the till has sent card and key again', async () => {
    await doubt(having, 'other')
    const { key: debitKey, ...intent } = intentOf('other')
    const credit = { ...intent, debitKey, creditKey: undefined, redemptionId: undefined }
    const begun = await lacking.journal.beginCredit(credit, ({ debits: [redemption] }) => ({
      do: 'send',
      redemption: redemption!,
    }))
    expect(begun).to.have.property('do', 'send')
  })

  it('sees the tickets before the first that it cannot open, and none behind it', async () => {
    await accept(lacking, 'own-1')
    await accept(having, 'other')
    await accept(lacking, 'own-2')
    expect(await idsWaiting(lacking)).to.deep.equal(['own-1'])
    await lacking.journal.markPublished(['own-1'])
    const message = await missing(lacking.journal.waitingTickets(9))
    expect(message).to.match(/^JOURNAL_KEY lacks the key [0-9a-f]{8}, which has sealed tickets\/other$/)
    expect(await idsWaiting(having)).to.deep.equal(['other', 'own-2'])
    expect((await having.journal.stats()).deadLetters).to.equal(0)
  })

  it('lists the dead letters, and says of one that it cannot open which key it needs', async () => {
    await having.journal.keepDeadLetter(unreadMessage('text'))
    const [letter] = await lacking.journal.deadLetters()
    const env = journalEnv(url)
    expect(await runCommand('dead-letters', ['list'], env)).to.include({ code: 0 })
    for (const verb of ['show', 'send']) {
      const { code, stderr } = await runCommand('dead-letters', [verb, letter!.id], env)
      expect(code).to.equal(78)
      expect(stderr).to.match(/^JOURNAL_KEY lacks the key [0-9a-f]{8}, which has sealed dead_letters\/\w+\n$/)
    }
    const { stdout } = await runCommand('dead-letters', ['show', letter!.id], {
      ...env,
      JOURNAL_KEY: `${oldKey},${newKey}`,
    })
    expect(stdout).to.contain('text')
  })

  it('says how many rows need a key, for as long as they do', async () => {
    const id = await doubt(having, 'other')
    await accept(having, 'other')
    await lacking.journal.tidy()
    expect(lacking.journal.trouble()).to.match(/1 in redemptions \(key \w{8}\), 1 in tickets \(key \w{8}\)/)
    await having.journal.tidy()
    expect(having.journal.trouble()).to.equal(undefined)

    await having.journal.record(id, {
      kind: 'settled_by_operator',
      decision: { as: 'reversed', by: 'anna', why: 'given back by hand' },
    })
    await having.journal.markPublished(['other'])
    await lacking.journal.tidy()
    expect(lacking.journal.trouble()).to.equal(undefined)
  })
})

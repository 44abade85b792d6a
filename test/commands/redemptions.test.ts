import { expect } from 'chai'
import { userInfo } from 'node:os'
import { demo, openCounter } from '../service/counter.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { sendNext, settleDebit } from '../support/redemption.ts'
import { getStuck, stuckDebit } from '../support/stuck-redemption.ts'
import { cardHashKey, journalKeys, openTestJournal, type TestJournal } from '../support/test-journal.ts'
import type { Ended } from './run-command.ts'
import { runCommand } from './run-here.ts'

describe('the command redemptions', function () {
  // The first starts a process.
  this.timeout(30_000)
  useRealSockets()
  let test: TestJournal
  beforeEach(async () => (test = await openTestJournal()))
  afterEach(() => test.end())

  const run = (...words: string[]) => runCommand('redemptions', words, { JOURNAL_PATH: test.path })
  const stuck = () => getStuck(test.journal, test.clock.pass)
  const expectDone = ({ code, stderr }: Ended) => expect([code, stderr]).to.deep.equal([0, ''])

  it('lists stuck redemptions while another process has the journal open', async () => {
    expect((await run('stuck')).stdout).to.equal('nothing is stuck\n')
    const id = await stuck()
    const listed = await run('stuck')
    expectDone(listed)
    expect(listed.stdout).to.match(
      new RegExp(`^ID .*\n${id}  2026-\\S+ +1902 +A-1 +\\*0001 +coupon uc-1 +refused: REFUSED\n$`),
    )
    const [record] = JSON.parse((await run('stuck', '--json')).stdout)
    expect(record).to.deep.include({ id, state: 'stuck', cardMasked: '*0001', venueId: '1902' })
  })

  it('shows a redemption, but no card number and no key', async () => {
    const id = await stuck()
    const shown = await run('show', id)
    expectDone(shown)
    expect(shown.stdout)
      .to.match(/^state +stuck$/m)
      .and.match(/^account +A-1$/m)
      .and.match(/^calls +6, of which 6 were refused$/m)
      .and.match(/^next call +-$/m)
    const { undo, ...record } = JSON.parse((await run('show', id, '--json')).stdout)
    expect(record).to.include({ id, account: 'A-1', attempt: 1 })
    expect(undo).to.include({ by: 'doubt', calls: 6, refusals: 6, last: 'refused: REFUSED' })
    const { cardNumber, apiKey } = stuckDebit.secret
    for (const words of [['stuck'], ['stuck', '--json'], ['show', id], ['show', id, '--json']])
      expect((await run(...words)).stdout)
        .not.to.contain(cardNumber)
        .and.not.to.contain(apiKey)
  })

  it('finds a redemption whose id is written in capitals', async () => {
    const id = await stuck()
    const shown = await run('show', id.toUpperCase(), '--json')
    expectDone(shown)
    expect(JSON.parse(shown.stdout)).to.include({ id })
  })

  it('settles a redemption as taken: it stands as if the till had heard OK, with who, when and why', async () => {
    const id = await stuck()
    expectDone(await run('settle', id, 'taken', '--why', 'the guest had it', '--who', 'Dana'))
    const { settled, ...record } = JSON.parse((await run('show', id, '--json')).stdout)
    expect(settled).to.deep.include({ by: 'Dana', why: 'the guest had it' })
    expect(Date.now() - settled.atMs).to.be.within(0, 60_000)
    expect(record.state).to.equal('confirmed')
    await test.journal.beginDebit(stuckDebit, ({ attempts: [row] }) => {
      expect(row).to.include({ id, state: 'confirmed', undo: undefined })
      expect(row?.answeredAtMs).to.be.a('number')
      return { do: 'refuse', code: 'REFUSED' }
    })
  })

  it('settles a redemption as reversed, in the name of the system user, and erases the seal', async () => {
    const id = await stuck()
    const done = await run('settle', id, 'reversed', '--why', 'given back in the app', '--json')
    expectDone(done)
    expect(JSON.parse(done.stdout)).to.deep.equal({ id, state: 'reversed' })
    expect((await test.journal.findRedemption(id))?.settled?.by).to.equal(userInfo().username)
    await test.reopen(journalKeys.slice(1, 2))
  })

  it('neither settles nor retries a redemption that is already settled', async () => {
    const id = await stuck()
    expectDone(await run('settle', id, 'reversed', '--why', 'given back in the app'))
    for (const words of [
      ['settle', id, 'taken', '--why', 'no, it was taken'],
      ['retry', id],
    ]) {
      const { code, stderr } = await run(...words)
      expect(code).to.equal(1)
      expect(stderr).to.contain(`redemption ${id} is reversed, not stuck`)
    }
    expect((await test.journal.findRedemption(id))?.settled?.why).to.equal('given back in the app')
  })

  it('retries a redemption: the running service gives it back', async () => {
    await test.journal.close()
    const { anna } = demo.cards
    // Stuck an hour ago, as the service sees it.
    test.clock.pass(Date.now() - test.clock.nowMs() - 3_600_000)
    await test.open()
    const id = await getStuck(test.journal, test.clock.pass, {
      ...stuckDebit,
      venueId: demo.venueId,
      secret: { cardNumber: anna, apiKey: demo.apiKey },
      what: { kind: 'coupon', rewardId: demo.coupons.coffee },
    })
    await test.journal.close()
    const counter = await openCounter({
      JOURNAL_PATH: test.path,
      JOURNAL_KEY: journalKeys[0]!,
      CARD_HASH_KEY: cardHashKey,
    })
    try {
      const undone = counter.service.line(({ msg }) => msg === 'undo')
      expect((await run('retry', id)).stdout).to.equal(`redemption ${id} is in doubt again, and due now\n`)
      expect(await undone).to.include({ redemptionId: id, state: 'reversed' })
      expect(counter.moves()).to.have.length(1)
    } finally {
      await counter.close()
    }
  })

  it('lists redemptions by state, venue and time, and is explained by --help', async () => {
    const id = await stuck()
    const other = { ...stuckDebit, key: 'T-2', venueId: '2001', cardHash: 'other', account: 'A-2' } as const
    const begun = await test.journal.beginDebit(other, sendNext)
    if (begun.do !== 'send') throw new Error('was not sent')
    await settleDebit(test.journal, begun.redemption.id, { kind: 'refused', code: 'REWARD_EXPIRED' })
    const since = ['--since', '2026-11-23']
    const list = async (...words: string[]) =>
      (JSON.parse((await run('list', ...words, '--json')).stdout) as { id: string }[]).map((each) => each.id)
    expect(await list(...since)).to.have.members([id, begun.redemption.id])
    expect(await list(...since, '--venue', '2001')).to.deep.equal([begun.redemption.id])
    expect(await list(...since, '--state', 'in_doubt,stuck')).to.deep.equal([id])
    // What is settled only if it has changed since; what is not, always.
    expect(await list('--since', '2026-11-30T00:00:00Z')).to.deep.equal([id])
    const shown = await run('list')
    expectDone(shown)
    expect(shown.stdout).to.match(
      new RegExp(`^ID .*\n${id}  stuck +2026-\\S+ +1902 +A-1 +\\*0001 +coupon uc-1$`, 'm'),
    )
    expect((await run('list', '--state', 'sent')).stdout).to.equal('there are none\n')
    expect((await run('--help')).stdout).to.match(/^Usage:\n  redemptions stuck /)
  })

  it('says why a command fails', async () => {
    const unknown = await run('show', 'no-such-id')
    expect([unknown.code, unknown.stderr]).to.deep.equal([1, 'there is no redemption no-such-id\n'])
    for (const words of [
      [],
      ['show'],
      ['forget', 'X'],
      ['show', 'X', 'Y'],
      ['settle', 'X', 'lost', '--why', 'y'],
      ['settle', 'X', 'taken'],
      ['show', 'X', '--why', 'y'],
      ['stuck', '--loud'],
      ['stuck', '--venue', '1902'],
      ['list', '--state', 'lost'],
      ['list', '--since', 'Friday'],
    ]) {
      const { code, stdout, stderr } = await run(...words)
      expect([code, stdout], words.join(' ')).to.deep.equal([64, ''])
      expect(stderr).to.match(/^Usage:$/m)
    }
  })

  it('creates no journal if there is none, and exits with 78 if JOURNAL_KEY does not open it', async () => {
    const missing = await runCommand('redemptions', ['stuck'], { JOURNAL_PATH: `${test.path}.not` })
    expect([missing.code, missing.stderr]).to.deep.equal([1, `there is no journal at ${test.path}.not\n`])
    await stuck()
    const otherKey = { JOURNAL_PATH: test.path, JOURNAL_KEY: journalKeys[1]! }
    const { code, stderr } = await runCommand('redemptions', ['stuck'], otherKey)
    expect(code).to.equal(78)
    expect(stderr).to.match(/^JOURNAL_KEY does not open what the journal holds: 1 in redemptions /)
  })
})

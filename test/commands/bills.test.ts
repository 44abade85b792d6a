import { expect } from 'chai'
import { debitEntry } from '../diary/entries.ts'
import { readDiary } from '../diary/read-diary.ts'
import { writeDiary } from '../diary/write-diary.ts'
import { demo, openCounter, takeCoffee, takePoints, type Counter } from '../service/counter.ts'
import { useBothEnvs } from '../support/both-envs.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { cardHashKey, journalKeys } from '../support/test-journal.ts'
import { runCommand } from './run-here.ts'

const { anna } = demo.cards
const keys = { JOURNAL_KEY: journalKeys[0]!, CARD_HASH_KEY: cardHashKey }
const showBill = ['show', '--venue', demo.venueId, '--account', 'A-1']
const ticket = { ticketId: 'B-77', cardNumber: anna, accountNumber: 'A-1', total: 5, currency: 'GBP' }

for (const { name, makeEnv } of useBothEnvs())
  describe(`the command bills, on ${name},`, function () {
    // The first starts a process.
    this.timeout(60_000)
    useRealSockets()
    let counter: Counter
    let given: Record<string, string>
    let env: Record<string, string>
    const open = async (more: Record<string, string> = {}) => {
      counter = await openCounter({ ...given, ...more })
      env = { ...given, JOURNAL_PATH: counter.service.journalPath }
    }
    beforeEach(async () => {
      given = { ...(await makeEnv()), ...keys }
      await open()
    })
    afterEach(() => counter.close())

    const run = (words: string[], input?: string) => runCommand('bills', words, env, input)
    const whenWritten = (rows: number) => readDiary(env, ({ length }) => length >= rows)
    const told = async (words: string[], input?: string) => {
      const { code, stdout, stderr } = await run(words, input)
      expect([code, stderr]).to.deep.equal([0, ''])
      expect(stdout).not.to.contain(anna).and.not.to.contain(demo.apiKey)
      return stdout
    }

    /** Story: the guest at venue 1902, bill A-1, says that her coffee is gone. */
    it('tells what happened to a bill: each message, call, undo and ticket, in the words that the operator saw', async () => {
      counter.core.faults.next({ operation: 'redeem', kind: '500', when: 'after' })
      await counter.till.debit(takeCoffee)
      const [, undo] = await readDiary(env, (rows) => rows.some(({ message }) => message === 'undo'))
      const again = await counter.till.debit({ ...takeCoffee, transactionId: 'T-2' })
      await counter.till.ticket({ ...ticket, closedAt: new Date() })
      const [, , , closed] = await whenWritten(4)

      const text = (await told(showBill))
        .replaceAll(/\d+ ms|\d\.\d s/g, 'N ms')
        .replaceAll(/^\d\d:\d\d:\d\d/gm, 'HH:MM:SS')
      const lines = text.split('\n').filter((line) => !/^ +Request /.test(line))
      expect(lines).to.deep.equal([
        'What is known of bill A-1 at venue 1902',
        '',
        `${lines[2]?.slice(0, 10)} (times of Europe/London)`,
        '',
        "HH:MM:SS  The till asked to redeem coupon uc-coffee from card *1001 (the till's reference: T-1).",
        '          TRIFFT was asked whether this venue and key belong together: done after N ms.',
        '          TRIFFT was asked to redeem the coupon: no answer that can be read after N ms, so it may have been done: 500 InternalErrorException.',
        '          The operator saw "Not redeemed, nothing is lost, try again shortly" (NOT_REDEEMED).',
        '          What the operator should do: Do not give the reward. Wait a few seconds and try again.',
        `HH:MM:SS  The service tried by itself to give back what redemption ${undo?.redemptionId} took: TRIFFT gave it back. Nothing is taken.`,
        '          TRIFFT was asked to give the coupon back: done after N ms.',
        "HH:MM:SS  The till asked to redeem coupon uc-coffee from card *1001 (the till's reference: T-2).",
        '          TRIFFT was asked to redeem the coupon: done after N ms.',
        '          The till heard OK.',
        'HH:MM:SS  The till sent the closed bill, ticket B-77, with card *1001.',
        '          The till heard OK: the ticket is taken.',
        '',
        'Now:',
        `  Redemption ${undo?.redemptionId}: coupon uc-coffee is not taken: the guest has it.`,
        `  Redemption ${again.reply.redemptionId}: coupon uc-coffee ("Free coffee") is taken, and the till has heard OK.`,
        `  The ticket of event ${closed?.eventId} is on disk and waits for Kafka.`,
        '',
      ])
    })

    it('tells the same of a card, whose number it reads from standard input, with venue and bill', async () => {
      await counter.till.balance({ cardNumber: anna })
      await counter.till.debit(takePoints)
      await whenWritten(2)
      const text = await told(['card'], `${anna}\n`)
      expect(text).to.match(/Venue 1902: The till asked what card \*1001 is worth\./)
      expect(text).to.match(/Venue 1902, bill A-1: The till asked to redeem 200 points from card \*1001/)
      expect(await told(['card'], ` ${anna} `)).to.equal(text)
      const wrong = await run(['card'], '??\n')
      expect([wrong.code, wrong.stdout]).to.deep.equal([1, ''])
      expect(wrong.stderr).to.match(/did not contain a card number/)
      expect((await run(['card', anna])).code).to.equal(64)
    })

    it('finds a bill by a request, a transaction, a redemption or a ticket, of ours by the first 8 characters', async () => {
      const { reply } = await counter.till.debit(takePoints)
      await counter.till.ticket({ ...ticket, closedAt: new Date() })
      const [debit, closed] = await whenWritten(2)
      const shown = await told(showBill)
      const ids = [debit?.requestId, reply.redemptionId, closed?.requestId]
      for (const id of ids.flatMap((each) => [each!, each!.slice(0, 8)]))
        expect(await told(['find', id]), id).to.equal(shown)
      for (const id of ['P-1', 'B-77', closed!.eventId!]) expect(await told(['find', id]), id).to.equal(shown)
      const none = await run(['find', 'P-'])
      expect([none.code, none.stdout]).to.deep.equal([1, ''])
      expect(none.stderr).to.match(/^nothing is known of P-\./)
    })

    it('lists the bills if an id is on several of them', async () => {
      await counter.till.ticket({ ...ticket, closedAt: new Date() })
      await counter.till.ticket({ ...ticket, accountNumber: 'A-2', closedAt: new Date(), total: 6 })
      await whenWritten(2)
      const text = await told(['find', 'B-77'])
      expect(text).to.match(/^B-77 is on 2 bills:\n(bills show --venue 1902 --account A-[12] --on \S+\n){2}$/)
    })

    it('has all of it as JSON', async () => {
      await counter.till.debit({ ...takePoints, points: 1_000_000 })
      await whenWritten(1)
      const json = JSON.parse(await told([...showBill, '--json']))
      const [event] = json.events
      expect(event.entry).to.include({ code: 'POINTS_NOT_ENOUGH', venueId: '1902', message: 'debit' })
      expect(event.details).to.include('The operator saw "Not enough points" (POINTS_NOT_ENOUGH).')
      expect(json.redemptions[0]).to.include({ state: 'refused', refusedWith: 'POINTS_NOT_ENOUGH' })
    })

    it("says which kind of busy it was, and what is wrong with a till's message", async () => {
      await counter.close()
      // Enough for the check of the venue and the card.
      await open({ CORE_RATE_LIMIT: '3', CORE_RATE_WINDOW_MS: '60000' })
      await counter.till.balance({ cardNumber: anna })
      await counter.till.debit(takePoints)
      await counter.till.debit({ ...takePoints, points: 1.5 })
      const [, , wrong] = await whenWritten(3)
      const text = await told(showBill)
      expect(text).to.contain('The operator saw "Loyalty is busy, nothing was done" (CORE_BUSY).')
      expect(text).to.contain('Why: other calls had used up what TRIFFT allows in ten seconds.')
      expect(await told(['find', wrong!.requestId!])).to.match(
        /The operator saw "points must be .+" \(MESSAGE_INVALID\)\./,
      )
    })

    it('tells what an operator decided, and what only the journal knows', async () => {
      await counter.close()
      await open({ DIARY_DAYS: '0' })
      counter.core.faults.next({ operation: 'redeem', kind: '500', when: 'after' })
      counter.core.faults.next({ operation: 'restore', kind: '500' })
      await counter.till.debit(takeCoffee)
      const { id } = JSON.parse((await runCommand('redemptions', ['list', '--json'], env)).stdout)[0]
      const settled = await runCommand(
        'redemptions',
        ['settle', id, 'taken', '--why', 'she had it', '--who', 'Dana'],
        env,
      )
      expect(settled.code).to.equal(0)
      const text = await told(showBill)
      expect(text).to.contain(`A debit from card *1001, redemption ${id}. The diary has no row of it.`)
      expect(text).to.contain(`Dana settled redemption ${id} as taken: the guest had it.`)
      expect(text).to.contain('Why: she had it')
    })

    it('says that nothing is known, and on which other days something is', async () => {
      await counter.till.debit(takePoints)
      await whenWritten(1)
      const none = await run(['show', '--venue', '1902', '--account', 'A-9'])
      expect([none.code, none.stderr]).to.deep.equal([1, 'nothing is known of bill A-9 at venue 1902\n'])
      const other = await run([...showBill, '--on', '2026-01-31'])
      expect(other.stderr).to.match(
        /^nothing is known of bill A-1 at venue 1902 on 2026-01-31, but of 20\d\d-\d\d-\d\d\n$/,
      )
    })

    it('asks which is meant if two projects use one Aztec venue ID', async () => {
      const venues = ['5b1e-one', '5b1e-two']
      const entries = venues.map((venue, index) =>
        debitEntry(venue, Date.now(), { venue, account: 'A-1', facts: { points: index + 1 } }),
      )
      await writeDiary(env, entries)
      const asked = await run(showBill)
      expect([asked.code, asked.stdout]).to.deep.equal([1, ''])
      for (const venue of venues) {
        expect(asked.stderr).to.contain(`  --trifft-venue ${venue}\n`)
        expect(await told([...showBill, '--trifft-venue', venue])).to.contain(
          `redeem ${venues.indexOf(venue) + 1} points`,
        )
      }
    })
  })

describe('the command bills', () => {
  it('is explained by --help, and says what is wrong with its words', async () => {
    const help = await runCommand('bills', ['--help'], keys)
    expect([help.code, help.stderr]).to.deep.equal([0, ''])
    expect(help.stdout).to.match(/^Usage:\n  bills show --venue VENUE --account BILL /)
    for (const words of [
      [],
      ['show'],
      ['show', '--venue', '1902'],
      ['find'],
      ['find', 'X', 'Y'],
      ['find', 'X', '--on', '2026-01-31'],
      [...showBill, '--on', 'Friday'],
      ['lose', 'X'],
    ]) {
      const { code, stdout, stderr } = await runCommand('bills', words, keys)
      expect([code, stdout], words.join(' ')).to.deep.equal([64, ''])
      expect(stderr).to.match(/^Usage:$/m)
    }
  })
})

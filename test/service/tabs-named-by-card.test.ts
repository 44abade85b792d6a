import { sendNext, settleDebit } from '../support/redemption.ts'
import { expect } from 'chai'
import { readConfig } from '../../src/config/config.ts'
import { createKeyedHash, debitKey, ticketEventId, ticketFingerprint } from '../../src/model/keys.ts'
import type { Ticket } from '../../src/model/words.ts'
import { toEvent } from '../../src/tickets/event.ts'
import { filesOf } from '../support/files-of.ts'
import { readJournal } from '../support/read-journal.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo, openCounter, takeCoffee, takePoints, type Counter } from './counter.ts'

// Some bars open a tab under the guest's card. Its number then stood in the log, in the journal's clear columns, and in
// Kafka's headers.
describe('a tab that is named after its card', () => {
  useRealSockets()
  let counter: Counter
  beforeEach(async () => (counter = await openCounter()))
  afterEach(() => counter.close())

  const { anna } = demo.cards
  const { coffee } = demo.coupons
  const bill = {
    cardNumber: anna,
    accountNumber: anna,
    ticketId: `Tab ${anna.toLowerCase()}`,
    closedAt: new Date(),
    total: 12.5,
    currency: 'GBP',
  }
  const events = () =>
    readJournal(counter.service, async (journal) =>
      (await journal.waitingTickets(100)).map((waiting) =>
        toEvent(waiting, { venueParameter: 'aztecVenueId' }),
      ),
    )
  const filesAndLines = () =>
    [...filesOf(counter.service.folder), ...counter.service.rawLines].join('\n').toLowerCase()

  it('can be repeated, credited by its account and sent with its coupon, and the card number is found nowhere', async () => {
    const named = { ...takeCoffee, accountNumber: anna, transactionId: `${anna}/1` }
    const first = await counter.till.debit(named)
    expect(first.reply).to.include({ response: 'OK', transactionId: `${anna}/1` })
    expect((await counter.till.debit(named)).headers).to.have.property('x-idempotent-replayed', 'true')
    const again = await counter.till.debit({ ...named, transactionId: 'T-9' })
    expect(again.reply.redemptionId).to.equal(first.reply.redemptionId)

    const back = { cardNumber: anna, accountNumber: anna, rewardId: coffee }
    expect(
      (await counter.till.credit({ ...back, originalTransactionId: `${anna}/1` })).reply.response,
    ).to.equal('OK')
    const { accountNumber } = named
    expect(
      (await counter.till.debit({ cardNumber: anna, accountNumber, rewardId: coffee })).reply.response,
    ).to.equal('OK')
    expect((await counter.till.credit(back)).reply).to.include({ response: 'OK' })
    expect((await counter.till.debit({ ...named, transactionId: 'T-10' })).reply).to.include({
      response: 'OK',
    })

    const { reply } = await counter.till.ticket(bill)
    expect(reply).to.include({ response: 'OK', ticketId: bill.ticketId, duplicate: false })
    expect((await counter.till.ticket(bill)).reply).to.include({ duplicate: true })
    const [event, ...more] = await events()
    expect(more).to.deep.equal([])
    const value = JSON.parse(event!.value)
    expect(value).to.deep.include({ transaction_id: bill.ticketId, member_id: anna, coupons: [coffee] })
    expect(value.params.account_number).to.equal(anna)
    expect(event!.headers.ce_subject).to.match(/^id-[0-9a-f]{32}$/)
    expect(filesAndLines() + JSON.stringify(event!.headers) + event!.key).to.not.include(anna.toLowerCase())
  })

  it('is found in the journal under the hash that the log shows', async () => {
    const line = counter.service.line(({ msg }) => msg === 'request')
    const { reply } = await counter.till.debit({ ...takePoints, accountNumber: anna })
    const record = await readJournal(counter.service, (journal) =>
      journal.findRedemption(reply.redemptionId!),
    )
    expect(record?.account).to.match(/^id-/)
    expect((await line).account).to.equal(record?.account)
  })

  it('may have the id of a coupon, which only the core can recognise, but not that of a redemption', async () => {
    const { reply } = await counter.till.debit({ ...takeCoffee, rewardId: anna })
    expect(reply.code).to.equal('REWARD_UNKNOWN')
    for (const credit of [{ redemptionId: anna }, { originalTransactionId: 'T-1', rewardId: anna }])
      expect((await counter.till.credit({ cardNumber: anna, ...credit })).reply.code).to.equal(
        'NOTHING_TO_GIVE_BACK',
      )
    expect(JSON.parse(counter.moves()[0]!.body)).to.include({ user_coupon_id: anna })
    expect(filesAndLines()).to.not.include(anna.toLowerCase())
  })

  // The upgrade changed the names of such a debit: its repeat took the points once more.
  describe('and was written down by an earlier version', () => {
    const venue = { id: demo.venueId, coreId: '5b1e7a52-0001-4c7e-9a01-000000001902', currency: 'GBP' }
    const hashCard = createKeyedHash(readConfig({ HOST: '127.0.0.1' }).journal.cardHashKey)
    const request = { ...takePoints, accountNumber: anna, transactionId: anna }

    it('has its debit found by a repeat and by a credit', async () => {
      const { reply: first } = await counter.till.debit({ ...takePoints, accountNumber: anna })
      expect(first).to.include({ response: 'OK' })
      await readJournal(counter.service, async (journal) => {
        const begun = await journal.beginDebit(
          {
            key: debitKey({ venue }, { ...request, what: { kind: 'points', points: 200 } }),
            hasTransactionId: true,
            venue: venue.coreId,
            venueId: venue.id,
            tenant: 'tenant-of-project',
            account: anna,
            what: { kind: 'points', points: 200 },
            cardHash: hashCard(anna),
            cardMasked: '*1001',
            secret: { cardNumber: anna, apiKey: demo.apiKey },
          },
          sendNext,
        )
        if (begun.do !== 'send') throw new Error('it was not begun')
        const secret = { cardNumber: anna, apiKey: demo.apiKey }
        await settleDebit(journal, begun.redemption.id, {
          kind: 'confirmed',
          moved: { pointsLeft: 1 },
          secret,
        })
        await journal.markAnswered(begun.redemption.id)
      })
      const movesBefore = counter.moves().length
      const { reply, headers } = await counter.till.debit(request)
      expect([reply.response, headers['x-idempotent-replayed']]).to.deep.equal(['OK', 'true'])
      expect(counter.moves()).to.have.length(movesBefore)
      // This core never took it; what counts is the reference under which it is asked.
      await counter.till.credit({ cardNumber: anna, originalTransactionId: anna, points: 200 })
      expect(counter.moves().at(-1)?.body).to.include(reply.redemptionId)
    })

    it('has its ticket recognised as a repeat', async () => {
      await counter.till.ticket(bill)
      const [taken] = await readJournal(counter.service, (journal) => journal.waitingTickets(1))
      const ticket: Ticket = taken!.closed.ticket
      const former = await openCounter()
      try {
        await readJournal(former.service, async (journal) =>
          journal.acceptTicket({
            eventId: ticketEventId({ venue: { ...venue } }, ticket),
            fingerprint: ticketFingerprint(ticket),
            formerFingerprint: () => 'none',
            kafkaKey: 'k',
            closed: { venueId: venue.id, tenant: 't', traceparent: '', ticket, coupons: [] },
          }),
        )
        expect((await former.till.ticket(bill)).reply).to.include({ response: 'OK', duplicate: true })
      } finally {
        await former.close()
      }
    })
  })
})

import { expect } from 'chai'
import { openCounter, demo, takeCoffee, type Counter } from './counter.ts'
import { basic } from '../simulators/till/encode.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { readJournal } from '../support/read-journal.ts'

describe('a ticket', () => {
  useRealSockets()
  let counter: Counter
  beforeEach(async () => (counter = await openCounter()))
  afterEach(() => counter.close())

  const { anna } = demo.cards
  const billNow = (closedAt = new Date()) => ({
    ticketId: 'B-77',
    accountNumber: 'A-1',
    cardNumber: anna,
    openedAt: new Date(closedAt.getTime() - 3_600_000),
    closedAt: new Date(closedAt.getTime() + 60_000),
    currency: 'GBP',
    total: 22.1,
    items: [{ id: '9007199254740993', name: 'Sunday roast', quantity: 1, unitPrice: 22.1, total: 22.1 }],
  })
  let bill = billNow()
  beforeEach(() => (bill = billNow()))
  const waiting = () => readJournal(counter.service, (journal) => journal.waitingTickets(100))

  /** As another till might word it. */
  const post = async (body: object | string) => {
    const { status, text } = await counter.till.raw({
      path: '/ticket',
      headers: {
        'content-type': 'application/json',
        authorization: basic({ venueId: demo.venueId, apiKey: demo.apiKey }),
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    return { status, body: JSON.parse(text) as Record<string, unknown> }
  }

  it('is accepted without a call to the core, and waits for Kafka with what was redeemed', async () => {
    const debit = await counter.till.debit(takeCoffee)
    const callsBefore = counter.core.calls.length
    const { status, reply } = await counter.till.ticket(bill)
    expect(reply).to.include({ response: 'OK', ticketId: 'B-77', accepted: true, duplicate: false })
    expect(status).to.equal(200)
    expect(counter.core.calls).to.have.length(callsBefore)
    const [ticket] = await waiting()
    expect(debit.reply).to.include({ response: 'OK' })
    expect(ticket?.closed.coupons).to.deep.equal([demo.coupons.coffee])
    expect(ticket?.closed.ticket).to.deep.include({ ticketId: 'B-77', kind: 'sale', totalMinor: 2210 })
    expect(ticket?.closed.ticket.items[0]).to.include({ id: '9007199254740993', unitPriceMinor: 2210 })
  })

  it('goes out with the redemptions that it names, and without what was given back', async () => {
    await counter.till.debit(takeCoffee)
    await counter.till.credit({ cardNumber: anna, originalTransactionId: 'T-1' })
    await counter.till.ticket({ ...bill, redemptions: [{ rewardId: 'uc-of-another-till' }] })
    expect((await waiting())[0]?.closed.coupons).to.deep.equal(['uc-of-another-till'])
  })

  it('is a duplicate if it comes again, and one more event if the bill was reopened', async () => {
    const answers = []
    for (const total of [22.1, 22.1, 18, 18, 22.1])
      answers.push((await counter.till.ticket({ ...bill, total })).reply.duplicate)
    expect(answers).to.deep.equal([false, true, false, true, true])
    expect((await waiting()).map(({ closed }) => closed.ticket.totalMinor)).to.deep.equal([2210, 1800])
  })

  it('makes an event of its own as a void and as a refund', async () => {
    for (const kind of [{}, { isVoid: true }, { isRefund: true }])
      expect((await counter.till.ticket({ ...bill, ...kind })).reply).to.include({ duplicate: false })
    expect((await waiting()).map(({ closed }) => closed.ticket.kind)).to.deep.equal([
      'sale',
      'void',
      'refund',
    ])
  })

  it('that cannot be understood is refused with the name of the field, and kept once', async () => {
    for (let times = 0; times < 2; times++) {
      const { status, body } = await post({ ticketId: 'B-1', closedAt: 'yesterday evening', total: '12.30' })
      expect([status, body.code, body.retry]).to.deep.equal([400, 'MESSAGE_INVALID', false])
      expect(body.detail).to.match(/^closedAt /)
    }
    expect(await readJournal(counter.service, (journal) => journal.stats())).to.include({
      deadLetters: 1,
      ticketsWaiting: 0,
    })
  })

  it('that has two values for one field is kept too', async () => {
    const { status, body } = await post({
      ticketId: 'B-1',
      TicketId: 'B-2',
      closedAt: '2026-11-23T12:00:00',
      total: 1,
    })
    expect([status, body.code]).to.deep.equal([400, 'MESSAGE_INVALID'])
    expect(body.detail).to.equal('ticketId and TicketId are the same field with different values')
    expect((await readJournal(counter.service, (journal) => journal.stats())).deadLetters).to.equal(1)
  })

  // Rewritten, a void that says "isVoid":true,"isVoid":false would become a sale when somebody sends the dead letter
  // again.
  it('that has a key twice is kept byte for byte', async () => {
    const text = '{"ticketId":"B-1","closedAt":"2026-11-23T12:00:00","total":1,"isVoid":true,"isVoid":false}'
    const { status, body } = await post(text)
    expect([status, body.detail]).to.deep.equal([400, 'isVoid is given twice with different values'])
    const letter = await readJournal(counter.service, async (journal) => {
      const [newest] = await journal.deadLetters()
      return await journal.lookUps.openDeadLetter(newest?.id ?? '')
    })
    expect(letter).to.deep.include({ kind: 'message' })
    const kept = letter?.kind === 'message' ? letter.message.base64 : ''
    expect(Buffer.from(kept, 'base64').toString()).to.equal(text)
  })

  it('is taken without a field that cannot be read, which is counted', async () => {
    const { body } = await post({
      ticketId: 'B-1',
      closedAt: '2026-11-23T12:00:00',
      total: 12.3,
      covers: 'many',
      items: [{ id: 1, unitPrice: 0.3333, tax: 'some' }],
    })
    expect(body).to.include({ response: 'OK', accepted: true })
    const line = counter.service.lines().findLast(({ msg }) => msg === 'request')
    expect(line?.unreadFields).to.have.members(['covers', 'items.unitPrice', 'items.tax'])
    expect((await waiting())[0]?.closed.ticket.items).to.deep.equal([{ id: '1', unitPriceMinor: 33 }])
  })

  // The till's date is wrong, as after a flat battery. Its bill is real.
  for (const [direction, closedAt] of [
    ['ahead', '2062-11-23T12:00:00Z'],
    ['back', '2001-01-01T00:10:00Z'],
  ] as const)
    it(`that was closed too far ${direction} is taken all the same, and counted`, async () => {
      const { status, body } = await post({ ticketId: 'B-1', closedAt, total: 12.3 })
      expect([status, body.accepted]).to.deep.equal([200, true])
      expect((await waiting())[0]?.closed.ticket.closedAtMs).to.equal(Date.parse(closedAt))
      const line = counter.service.lines().findLast(({ msg }) => msg === 'request')
      expect(line).to.include({ implausibleTime: direction })
      const page = await (await fetch(`${counter.service.managementUrl}/metrics`)).text()
      expect(page.match(/^zonal_ticket_times_implausible_total.+ 1$/gm)).to.deep.equal([
        `zonal_ticket_times_implausible_total{direction="${direction}"} 1`,
      ])
    })

  it('is refused if its currency is unknown', async () => {
    const { body } = await post({
      ticketId: 'B-1',
      closedAt: '2026-11-23T12:00:00',
      total: 12.3,
      currency: 'XQQ',
    })
    expect(body.code).to.equal('MESSAGE_INVALID')
    expect(body.detail).to.match(/^currency /)
  })
})

describe('tickets', () => {
  useRealSockets()
  const bill = { ticketId: 'B-1', closedAt: new Date(), total: 5, currency: 'GBP' }

  it('without a card are published by default, or only counted if configured so', async () => {
    for (const [mode, expected] of [
      ['publish', 1],
      ['count', 0],
    ] as const) {
      const counter = await openCounter({ TICKETS_WITHOUT_CARD: mode })
      try {
        expect((await counter.till.ticket(bill)).reply).to.include({ response: 'OK', duplicate: false })
        expect((await readJournal(counter.service, (journal) => journal.stats())).ticketsWaiting).to.equal(
          expected,
        )
      } finally {
        await counter.close()
      }
    }
  })

  it('have their local times in the zone of their venue', async () => {
    const counter = await openCounter({ VENUE_TIME_ZONES: `2001=UTC,${demo.venueId}=Asia/Dubai` })
    try {
      const { reply } = await counter.till.raw({
        path: '/ticket',
        headers: { 'content-type': 'application/json', authorization: basic(demo) },
        body: '{"ticketId":"B-1","closedAt":"2026-11-23T23:30:00","total":1}',
      })
      expect(reply).to.include({ response: 'OK', accepted: true })
      const [ticket] = await readJournal(counter.service, (journal) => journal.waitingTickets(1))
      expect(ticket?.closed.ticket).to.include({
        closedAtMs: Date.parse('2026-11-23T19:30:00Z'),
        businessDate: '2026-11-23',
      })
    } finally {
      await counter.close()
    }
  })

  it('with a card that cannot be read are kept if those without one are only counted', async () => {
    const counter = await openCounter({ TICKETS_WITHOUT_CARD: 'count' })
    const { anna } = demo.cards
    try {
      const masked = await counter.till.ticket({ ...bill, cardNumber: `****${anna.slice(-4)}` })
      expect([masked.status, masked.reply.code]).to.deep.equal([400, 'CARD_INVALID'])
      const inGroups = { ...bill, ticketId: 'B-2', cardNumber: `${anna.slice(0, 5)} ${anna.slice(5)}` }
      expect((await counter.till.ticket(inGroups)).reply).to.include({ response: 'OK', accepted: true })
      await readJournal(counter.service, async (journal) => {
        expect((await journal.stats()).deadLetters).to.equal(1)
        const waiting = await journal.waitingTickets(10)
        expect(waiting.map(({ closed }) => closed.ticket.cardNumber)).to.deep.equal([anna])
      })
    } finally {
      await counter.close()
    }
  })

  it('that cannot be understood are answered with the configured status', async () => {
    const counter = await openCounter({ INVALID_TICKET_HTTP_STATUS: '200' })
    try {
      const headers = {
        'content-type': 'application/json',
        authorization: basic({ venueId: demo.venueId, apiKey: demo.apiKey }),
      }
      const { status, reply } = await counter.till.raw({
        path: '/ticket',
        headers,
        body: '{"ticketId":"B-1"}',
      })
      expect([status, reply.code]).to.deep.equal([200, 'MESSAGE_INVALID'])
    } finally {
      await counter.close()
    }
  })
})

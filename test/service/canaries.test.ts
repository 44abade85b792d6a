import { expect } from 'chai'
import { toEvent } from '../../src/tickets/event.ts'
import { basic } from '../simulators/till/encode.ts'
import { createTill } from '../simulators/till.ts'
import { isAtLength } from '../support/at-length.ts'
import { readJournal } from '../support/read-journal.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { batches, canary, type Placement } from './canary-placements.ts'
import { couponOfCard, startCanaryService, type CanaryService } from './canary-service.ts'

/** Each has a service of its own: of those with one placement, every third is tried, and all of them at length. */
const triedBatches = batches.filter(({ length }, index) => isAtLength || length > 1 || index % 3 === 0)
const mayBeSeen = canary.card.slice(-4)
const authorization = basic({ venueId: '1902', apiKey: canary.apiKey })

describe('the card number, the API key and the member name', function () {
  useRealSockets()
  let canaries: CanaryService
  beforeEach(async () => (canaries = await startCanaryService()))
  afterEach(() => canaries.end())

  it('are in no log line, metric, health answer, trace, capture or file, whatever goes wrong', async () => {
    const till = createTill({ baseUrl: canaries.service.url, venueId: '1902', apiKey: canary.apiKey })
    const card = { cardNumber: canary.card, accountNumber: 'A-1' }
    const json = { 'content-type': 'application/json' }
    expect((await till.balance(card)).text)
      .to.include(canary.card)
      .and.to.include(`${canary.firstName} F.`)
    for (const kind of ['500', 'garbage', 'reset', 'html', 'truncated', 'redirect', 'refusal'] as const)
      for (const operation of ['card', 'debit', 'credit'] as const) {
        canaries.core.faults.next({ operation, kind })
        await till.balance(card)
        await till.debit({ ...card, transactionId: `T-${kind}`, points: 1 })
        await till.credit({ ...card, originalTransactionId: `T-${kind}` })
      }
    await till.ticket({ ...card, ticketId: 'B-1', closedAt: new Date(), total: 5, currency: 'GBP' })
    for (const body of [
      `{"cardNumber":"${canary.card}","password":"${canary.apiKey}"`,
      `{"cardNumber":["${canary.card}"],"ticketId":"B-2"}`,
      `{"cardNumber":"${canary.card}","CardNumber":"${canary.lastName}"}`,
      `"${canary.card}"`,
    ])
      for (const path of ['/ticket', '/balance', ''])
        await till.raw({ path, headers: { ...json, authorization }, body })
    await till.raw({ path: `/${canary.card}`, headers: { ...json, authorization }, body: '{}' })
    await canaries.core.goAway()
    await till.debit({ ...card, transactionId: 'T-away', points: 1 })

    const seen = await canaries.collect()
    expect(seen.log.join('')).to.include(mayBeSeen)
    expect(seen.captures).to.not.be.empty
    expect(seen.console.join('')).to.include(mayBeSeen)
    expect(seen.traces).to.have.length.above(50)
    expect(seen.diary.join('')).to.include(mayBeSeen)
    for (const text of Object.values(seen).flat())
      for (const secret of [
        canary.card,
        canary.apiKey,
        canary.lastName,
        canary.firstName,
        authorization.slice(6),
      ])
        expect(text.includes(secret), `${secret} in ${text.slice(0, 300)}`).to.equal(false)
  })

  // A coupon's id that contained the card was in a clear column, and in the output of operators' commands.
  it('are found nowhere if the core builds the ids of its coupons from them, and these coupons are taken', async () => {
    const till = createTill({ baseUrl: canaries.service.url, venueId: '1902', apiKey: canary.apiKey })
    const { card: cardNumber } = canary
    const coupon = { cardNumber, accountNumber: 'A-1', rewardId: couponOfCard }
    const take = async (more: object) => {
      const { reply } = await till.debit({ ...coupon, ...more })
      expect(reply, JSON.stringify(reply))
        .to.include({ response: 'OK' })
        .and.to.have.nested.property('reward.id', couponOfCard)
      return reply.redemptionId!
    }
    const giveBack = async (more: object) => {
      const { reply } = await till.credit({ cardNumber, ...more })
      expect(reply, JSON.stringify(reply))
        .to.include({ response: 'OK' })
        .and.to.have.nested.property('reward.id', couponOfCard)
    }

    const redemptionId = await take({ transactionId: 'T-1' })
    expect(await take({ transactionId: 'T-1' })).to.equal(redemptionId)
    expect(await take({ transactionId: 'T-2' })).to.equal(redemptionId)
    // Only the journal has what was taken.
    await giveBack({ redemptionId })
    await giveBack({ redemptionId })
    await take({})
    await giveBack({ accountNumber: 'A-1', rewardId: couponOfCard })
    canaries.core.faults.next({ operation: 'redeem', kind: '500', when: 'after' })
    const lost = await till.debit({ ...coupon, transactionId: 'T-3' })
    expect(lost.reply.code).to.equal('NOT_REDEEMED')
    await giveBack({ originalTransactionId: 'T-3' })
    const last = await take({ transactionId: 'T-4' })
    const ticket = {
      cardNumber,
      accountNumber: 'A-1',
      ticketId: 'B-1',
      closedAt: new Date(),
      total: 5,
      currency: 'GBP',
    }
    await till.ticket(ticket)

    const [waiting] = await readJournal(canaries.service, (journal) => journal.waitingTickets(1))
    expect(JSON.parse(toEvent(waiting!, { venueParameter: 'aztecVenueId' }).value).coupons).to.deep.equal([
      couponOfCard,
    ])
    const record = await readJournal(canaries.service, (journal) => journal.findRedemption(last))
    expect(record?.what)
      .to.have.property('rewardId')
      .that.matches(/^id-[0-9a-f]{32}$/)
    for (const text of [JSON.stringify(record), ...Object.values(await canaries.collect()).flat()])
      expect(text.includes(canary.card), text.slice(0, 300)).to.equal(false)
  })
})

// 79 of 131 places leaked. What was put there must be found nowhere afterwards.
describe('the card number, the API key and the member name, where they do not belong,', () => {
  useRealSockets()

  for (const batch of triedBatches) {
    let sent: ReturnType<typeof send> | undefined
    for (const placement of batch)
      it(`are found nowhere after they were put into ${placement.where}`, async () => {
        const find = await (sent ??= send(batch))
        expect(find(placement)).to.deep.equal([])
      })
  }

  async function send(batch: Placement[]) {
    const canaries = await startCanaryService()
    try {
      return await canaries.send(batch)
    } finally {
      await canaries.end()
    }
  }
})

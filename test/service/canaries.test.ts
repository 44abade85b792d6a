import { expect } from 'chai'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createSpotter } from '../../src/model/secret-spotter.ts'
import { toEvent } from '../../src/tickets/event.ts'
import { startCoreSimulator } from '../simulators/core.ts'
import type { Project } from '../simulators/core/project.ts'
import { basic } from '../simulators/till/encode.ts'
import { createTill } from '../simulators/till.ts'
import { readJournal } from '../support/read-journal.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { startTestService } from '../support/test-service.ts'
import { canary, placements, type Placement } from './canary-placements.ts'

const mayBeSeen = canary.card.slice(-4)

/** Some cores build their ids from the card. */
const couponOfCard = `uc-${canary.card}-1`

const project: Project = {
  name: 'canaries',
  keys: { [canary.apiKey]: 'write' },
  venues: [
    {
      id: '5b1e7a52-0001-4c7e-9a01-000000000001',
      name: 'The Cage',
      slug: 'the-cage',
      currency: 'GBP',
      params: { aztecVenueId: '1902' },
    },
  ],
  cards: [
    {
      id: canary.card,
      member: { id: '0b6f', first_name: canary.firstName, last_name: canary.lastName, is_blocked: false },
      wallet: { id: 'w', name: 'Points', points: 500 },
      coupons: [
        {
          id: couponOfCard,
          status: 'activated',
          valid_until: null,
          coupon: {
            id: 'c-1',
            name: `Coffee for ${canary.card}`,
            type: 'GENERAL',
            points: null,
            is_enabled: true,
            params: { aztecEntityCode: '10000000123' },
          },
        },
      ],
    },
  ],
}

const authorization = basic({ venueId: '1902', apiKey: canary.apiKey })

describe('the card number, the API key and the member name', function () {
  useRealSockets()
  let captureDir: string
  let core: Awaited<ReturnType<typeof startCoreSimulator>>
  let service: Awaited<ReturnType<typeof startTestService>>

  beforeEach(async () => {
    captureDir = mkdtempSync(join(tmpdir(), 'captures-'))
    core = await startCoreSimulator({ projects: [project], limit: 'off' })
    service = await startTestService({
      CORE_BASE_URL: core.url,
      CAPTURE_DIR: captureDir,
      CARD_PREFIXES: 'LOY-',
      GUESSES_PER_ADDRESS: '100000',
      GUESSES_IN_ALL: '100000',
    })
  })
  afterEach(async () => {
    core.faults.clear()
    await service.end()
    await core.close()
    rmSync(captureDir, { recursive: true })
  })

  /** All that leaves the service but for the core's calls, the till's answers and the events' values. */
  async function collect() {
    const page = async (path: string) => (await fetch(service.managementUrl + path)).text()
    const pages = [await page('/metrics'), await page('/health/ready')]
    const open = filesOf(service.folder)
    const letters = await readJournal(service, (journal) => journal.deadLetters())
    const events = await readJournal(service, (journal) => journal.waitingTickets(1000))
    const kafka = events.map((waiting) => {
      const { key, headers } = toEvent(waiting, { venueParameter: 'aztecVenueId' })
      return JSON.stringify({ key, headers })
    })
    await service.stop()
    return {
      log: service.rawLines,
      pages,
      journal: [...open, ...filesOf(service.folder)],
      'dead letters': letters.map((letter) => JSON.stringify(letter)),
      captures: filesOf(captureDir),
      kafka,
    }
  }

  it('are in no log line, metric, health answer, capture or file, whatever goes wrong', async () => {
    const till = createTill({ baseUrl: service.url, venueId: '1902', apiKey: canary.apiKey })
    const card = { cardNumber: canary.card, accountNumber: 'A-1' }
    const json = { 'content-type': 'application/json' }
    expect((await till.balance(card)).text)
      .to.include(canary.card)
      .and.to.include(`${canary.firstName} F.`)
    for (const kind of ['500', 'garbage', 'reset', 'html', 'truncated', 'redirect', 'refusal'] as const)
      for (const operation of ['card', 'debit', 'credit'] as const) {
        core.faults.next({ operation, kind })
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
    await core.goAway()
    await till.debit({ ...card, transactionId: 'T-away', points: 1 })

    const seen = await collect()
    expect(seen.log.join('')).to.include(mayBeSeen)
    expect(seen.captures).to.not.be.empty
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

  // A coupon's id that held the card stood in a clear column, and in what operators are shown.
  it('are nowhere if the core builds the ids of its coupons from them, and its coupons are taken as they are', async () => {
    const till = createTill({ baseUrl: service.url, venueId: '1902', apiKey: canary.apiKey })
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
    // Nothing but the journal knows what it took.
    await giveBack({ redemptionId })
    await giveBack({ redemptionId })
    await take({})
    await giveBack({ accountNumber: 'A-1', rewardId: couponOfCard })
    core.faults.next({ operation: 'redeem', kind: '500', when: 'after' })
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

    const [waiting] = await readJournal(service, (journal) => journal.waitingTickets(1))
    expect(JSON.parse(toEvent(waiting!, { venueParameter: 'aztecVenueId' }).value).coupons).to.deep.equal([
      couponOfCard,
    ])
    const record = await readJournal(service, (journal) => journal.findRedemption(last))
    expect(record?.what)
      .to.have.property('rewardId')
      .that.matches(/^id-[0-9a-f]{32}$/)
    for (const text of [JSON.stringify(record), ...Object.values(await collect()).flat()])
      expect(text.includes(canary.card), text.slice(0, 300)).to.equal(false)
  })

  // 79 of 131 places leaked. One request for each: what was put there must be found nowhere afterwards.
  for (const placement of placements)
    it(`are found nowhere after they were put into ${placement.where}`, async () => {
      const answer = await send(service.url, placement)
      if (placement.code !== undefined) expect(answer).to.include(`"code":"${placement.code}"`)
      const isSpotted = createSpotter(placement.secret)
      const spelled = placement.spelled.toLowerCase()
      for (const [place, texts] of Object.entries(await collect()))
        for (const text of texts) {
          expect(
            text.toLowerCase().includes(spelled),
            `spelled so in ${place}: ${text.slice(0, 2000)}`,
          ).to.equal(false)
          // The bytes of a database may look like another spelling by chance.
          if (place === 'journal') expect(text).to.not.include(placement.secret)
          else expect(isSpotted(text), `in ${place}: ${text.slice(0, 2000)}`).to.equal(false)
        }
    })
})

/** As it stands: `fetch` would refuse or rewrite some of it. */
function send(baseUrl: string, { path, method, headers, body }: Placement): Promise<string> {
  const { hostname, port, pathname } = new URL(baseUrl)
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path: pathname + path, headers, agent: false }, (answer) =>
      resolve(text(answer)),
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

function filesOf(folder: string): string[] {
  return readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'))
}

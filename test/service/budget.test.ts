import { expect } from 'chai'
import { publishedLimit } from '../simulators/core/rate-limit.ts'
import type { TillAnswer } from '../simulators/till.ts'
import { createTill } from '../simulators/till.ts'
import { basic, type Login } from '../simulators/till/encode.ts'
import { startAdapterProcess } from '../support/adapter-process.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { startTestService } from '../support/test-service.ts'
import { demo, openCounter, takePoints, type Counter } from './counter.ts'

const { anna } = demo.cards
const bill = { ticketId: 'B-1', closedAt: new Date(), total: 5, currency: 'GBP' }
const budgetOf = async ({ managementUrl }: { managementUrl: string }) =>
  ((await (await fetch(`${managementUrl}/health/ready`)).json()) as { budget: string }).budget
const codeOf = ({ reply }: TillAnswer) => reply.code ?? reply.response

describe('the service, with a core that counts calls,', () => {
  useRealSockets()
  let counter: Counter
  afterEach(() => counter.close())

  it("never trips the core's limit with ten times as many calls in window after window", async () => {
    const limit = { ...publishedLimit, windowMs: 300 }
    // Patient enough for a slow machine: this is about the limit, not about time.
    const patience = { POS_DEADLINE_MS: '20000', CORE_BALANCE_DEADLINE_MS: '10000' }
    counter = await openCounter({ CORE_RATE_LIMIT: '48', CORE_RATE_WINDOW_MS: '300', ...patience }, { limit })
    const playTill = async (till: number) => {
      const codes = []
      for (let card = 0; card < 12; card++)
        codes.push(codeOf(await counter.till.balance({ cardNumber: `NOCARD${till * 12 + card}` })))
      return codes
    }
    await counter.till.balance({ cardNumber: anna })
    const codes = (await Promise.all(Array.from({ length: 20 }, (_, till) => playTill(till)))).flat()
    expect(new Set(codes)).to.deep.equal(new Set(['CARD_UNKNOWN']))
    expect(counter.core.calls.length).to.be.at.least(480)
    expect(counter.core.rateLimited()).to.equal(0)
  })

  it('serves what fits when ten times as many come at once, refuses the rest, and still takes a debit', async () => {
    counter = await openCounter({ CORE_RATE_LIMIT: '48' }, { limit: publishedLimit })
    await counter.till.balance({ cardNumber: anna })
    const answers = await Promise.all(
      Array.from({ length: 240 }, (_, card) => counter.till.balance({ cardNumber: `NOCARD${card}` })),
    )
    // 40 slots for balances: a venue check, the first balance, and 18 more of two calls each.
    expect(answers.filter((answer) => codeOf(answer) === 'CARD_UNKNOWN')).to.have.length(18)
    for (const { status, reply, headers } of answers.filter((answer) => codeOf(answer) !== 'CARD_UNKNOWN')) {
      expect([status, reply.code, reply.retry]).to.deep.equal([503, 'CORE_BUSY', true])
      expect(Number(headers['retry-after'])).to.be.within(1, 10)
    }
    expect(codeOf(await counter.till.debit(takePoints))).to.equal('OK')
    expect(counter.core.rateLimited()).to.equal(0)
  })

  const lineOf = ({ reply }: TillAnswer) =>
    counter.service.line((line) => line.msg === 'request' && line.requestId === reply.requestId)

  it('says in the log line and the health answer that it has no slot', async () => {
    counter = await openCounter({ CORE_RATE_LIMIT: '3' })
    expect(await budgetOf(counter.service)).to.equal('ok')
    await counter.till.balance({ cardNumber: anna })
    const line = await lineOf(await counter.till.balance({ cardNumber: demo.cards.ben }))
    expect(line).to.include({ code: 'CORE_BUSY', reason: 'not sent (no_slot)' })
    expect(await budgetOf(counter.service)).to.equal('no_slot')
  })

  it('says in the log line and the health answer that it is blocked', async () => {
    counter = await openCounter()
    counter.core.faults.next({ operation: 'venue', kind: 'refusal', exception: 'RateLimitExceededException' })
    await counter.till.balance({ cardNumber: anna })
    const line = await lineOf(await counter.till.balance({ cardNumber: anna }))
    expect(line).to.include({ code: 'CORE_BUSY', reason: 'not sent (blocked)' })
    expect(await budgetOf(counter.service)).to.match(/^blocked: (60|59) s left$/)
  })

  it('works again after a block', async () => {
    counter = await openCounter({ CORE_BLOCK_MS: '1' })
    await counter.till.balance({ cardNumber: anna })
    counter.core.faults.next({ operation: 'debit', kind: 'refusal', exception: 'RateLimitExceededException' })
    expect(codeOf(await counter.till.debit(takePoints))).to.equal('CORE_BUSY')
    expect(codeOf(await counter.till.debit(takePoints))).to.equal('OK')
  })
})

describe('the service, with many unknown keys,', () => {
  useRealSockets()
  let counter: Counter
  afterEach(() => counter.close())

  const knock = (forwardedFor: string, login: Login, path: string, message: object) =>
    counter.till.raw({
      path,
      headers: {
        'content-type': 'application/json',
        authorization: basic(login),
        'x-forwarded-for': forwardedFor,
      },
      body: JSON.stringify(message),
    })
  const strangersWaiting = async (count: number) => {
    for (let waiting = -1; waiting !== count;) {
      const page = await (await fetch(`${counter.service.managementUrl}/metrics`)).text()
      waiting = Number(/^zonal_core_slots_waiting\{lane="stranger"\} (\d+)/m.exec(page)?.[1])
    }
  }

  // Sixty messages with made-up keys, each a credit by its own account, made honest debits get CORE_BUSY for 12 s. The
  // key of the new till is approved, so if each key has its own budget its check does not wait.
  for (const [scope, waiting] of [
    ['all', 57],
    ['key', 56],
  ] as const)
    it(`takes debits, and lets in a new till, with CORE_RATE_SCOPE=${scope}`, async () => {
      const budget = { CORE_RATE_LIMIT: '48', CORE_RATE_WINDOW_MS: '60000', CORE_RATE_SCOPE: scope }
      const guard = { GUESSES_PER_ADDRESS: '1000', GUESSES_IN_ALL: '1000', TRUSTED_PROXIES: '1' }
      // However slow the machine is: what is held here ends when it is released, and not before.
      const patience = { POS_DEADLINE_MS: '30000', CORE_BALANCE_DEADLINE_MS: '30000' }
      counter = await openCounter({ ...budget, ...guard, ...patience }, { limit: publishedLimit })
      await counter.till.balance({ cardNumber: anna })
      const held = counter.core.faults.next({ operation: 'venue', kind: 'hang', times: 4 })
      const guessed = Array.from({ length: 60 }, (_, guess) =>
        knock('192.0.2.66', { venueId: demo.venueId, apiKey: `guess-number-${guess}` }, '/credit', {
          cardNumber: anna,
          redemptionId: crypto.randomUUID(),
        }),
      )
      await strangersWaiting(56)
      for (let debit = 0; debit < 8; debit++) {
        const answer = await counter.till.debit({ ...takePoints, points: 10, transactionId: `P-${debit}` })
        expect(codeOf(answer)).to.equal('OK')
      }
      const newTill = knock('192.0.2.7', { venueId: '1903', apiKey: demo.apiKey }, '/balance', {
        cardNumber: demo.cards.ben,
      })
      await strangersWaiting(waiting)
      held.release()
      expect(codeOf(await newTill)).to.equal('OK')
      const codes = (await Promise.all(guessed)).map(codeOf)
      expect(new Set(codes)).to.deep.equal(new Set(['CREDENTIALS_WRONG', 'CORE_BUSY']))
      expect(codes.filter((code) => code === 'CREDENTIALS_WRONG')).to.have.length.at.most(12)
      expect(counter.core.rateLimited()).to.equal(0)
    })
})

describe('the service, after a restart,', () => {
  useRealSockets()
  let counter: Counter
  beforeEach(async () => (counter = await openCounter()))
  afterEach(() => counter.close())

  const tillOf = ({ url }: { url: string }) =>
    createTill({ baseUrl: url, venueId: demo.venueId, apiKey: demo.apiKey })

  it('lets in an approved till while the core is down, and takes its ticket', async () => {
    const { journalPath } = counter.service
    await counter.till.balance({ cardNumber: anna })
    await counter.service.stop()
    await counter.core.goAway()
    const next = await startTestService({ CORE_BASE_URL: counter.core.url, JOURNAL_PATH: journalPath })
    expect(codeOf(await tillOf(next).ticket(bill))).to.equal('OK')
    expect(codeOf(await tillOf(next).balance({ cardNumber: anna }))).to.equal('CORE_UNAVAILABLE')
    await next.end()
  })

  it('sends nothing in the first window if it was killed, but takes tickets', async () => {
    const env = { CORE_BASE_URL: counter.core.url, JOURNAL_PATH: `${counter.service.folder}/other.sqlite` }
    const killed = await startAdapterProcess(env)
    expect(codeOf(await tillOf(killed).balance({ cardNumber: anna }))).to.equal('OK')
    await killed.kill9()
    const callsBefore = counter.core.calls.length
    const next = await startAdapterProcess(env)
    expect(codeOf(await tillOf(next).balance({ cardNumber: anna }))).to.equal('CORE_BUSY')
    expect(codeOf(await tillOf(next).ticket(bill))).to.equal('OK')
    expect(counter.core.calls).to.have.length(callsBefore)
    const line = await next.line(({ msg, code }) => msg === 'request' && code === 'CORE_BUSY')
    expect(line).to.include({ reason: 'not sent (quiet_after_kill)' })
    expect(await budgetOf(next)).to.match(/^quiet_after_kill: \d+ s left$/)
    const page = await (await fetch(`${next.managementUrl}/metrics`)).text()
    expect(page).to.match(
      /^zonal_core_slot_refusals_total\{lane="balance",reason="quiet_after_kill"\} [1-9]/m,
    )
    await next.stop()
  })
})

describe('the service, behind a proxy,', () => {
  useRealSockets()
  let counter: Counter
  beforeEach(async () => (counter = await openCounter({ TRUSTED_PROXIES: '1', GUESSES_PER_ADDRESS: '3' })))
  afterEach(() => counter.close())

  const knock = (apiKey: string, forwardedFor: string) =>
    counter.till.raw({
      path: '/balance',
      headers: {
        'content-type': 'application/json',
        authorization: basic({ venueId: demo.venueId, apiKey }),
        'x-forwarded-for': forwardedFor,
      },
      body: JSON.stringify({ cardNumber: anna }),
    })

  it('locks out only the guesser, by the address that the proxy has seen', async () => {
    await knock(demo.apiKey, '192.0.2.1')
    for (let guess = 0; guess < 3; guess++) {
      const { status, reply } = await knock(`guess-number-${guess}`, `10.0.0.${guess}, 192.0.2.1`)
      expect([status, reply.code]).to.deep.equal([401, 'CREDENTIALS_WRONG'])
    }
    const callsBefore = counter.core.calls.length
    const { status, reply, headers } = await knock('guess-number-3', '10.0.0.3, 192.0.2.1')
    expect([status, reply.code, reply.retry]).to.deep.equal([429, 'CREDENTIALS_LOCKED', true])
    expect(Number(headers['retry-after'])).to.be.within(1, 60)
    expect(counter.core.calls).to.have.length(callsBefore)

    expect(codeOf(await knock(demo.apiKey, '192.0.2.1')), 'the venue itself').to.equal('OK')
    expect(codeOf(await knock('guess-number-4', '192.0.2.2'))).to.equal('CREDENTIALS_WRONG')
  })

  it('says in the log, and only there, where a request came from', async () => {
    await knock(demo.apiKey, '192.0.2.1')
    const [line] = counter.service.lines().filter(({ msg }) => msg === 'request')
    expect(line).to.include({ sourceAddress: '192.0.2.1' })
    const page = await (await fetch(`${counter.service.managementUrl}/metrics`)).text()
    expect(page).to.include('zonal_core_slots_taken').and.not.to.include('192.0.2.1')
  })
})

import { expect } from 'chai'
import { toEvent } from '../../src/tickets/event.ts'
import { basic } from '../simulators/till/encode.ts'
import { readJournal } from '../support/read-journal.ts'
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp/receiver.ts'
import { rootsOf, treeOf } from '../support/otlp/tree.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo, openCounter, takeCoffee, type Counter } from './counter.ts'

const callersTrace = '4bf92f3577b34da6a3ce929d0e0e4736'
const authorization = basic({ venueId: demo.venueId, apiKey: demo.apiKey })
const bill = { ticketId: 'B-1', cardNumber: demo.cards.anna, closedAt: new Date(), total: 5 }

describe('the traces of a service', () => {
  useRealSockets()
  let collector: OtlpReceiver
  let counter: Counter
  beforeEach(async () => (collector = await startOtlpReceiver()))
  afterEach(async () => {
    await counter.close()
    await collector.close()
  })

  async function open(env: Record<string, string> = {}) {
    counter = await openCounter({ ...collector.env, ...env })
    return counter.till
  }

  /** Stops the service, which sends what is left. */
  async function collect() {
    await counter.service.stop()
    return collector.spans
  }

  /** As a proxy in front of the service passes it on. */
  function sendTraced(operation: string, message: object, flags = '01') {
    const traceparent = `00-${callersTrace}-00f067aa0ba902b7-${flags}`
    const headers = { 'content-type': 'application/json', authorization, traceparent }
    return counter.till.raw({ path: `/${operation}`, headers, body: JSON.stringify(message) })
  }

  const lineOf = (message: string) =>
    counter.service.line(({ msg, ...line }) => msg === 'request' && line.message === message)

  it('show a checkout with a lost answer: each message with what it waited for, and the undo beside it', async () => {
    const till = await open()
    counter.core.faults.next({ operation: 'redeem', kind: '500', when: 'after' })
    expect((await till.debit(takeCoffee)).reply.code).to.equal('NOT_REDEEMED')
    await counter.service.line(({ msg }) => msg === 'undo')
    expect((await till.debit(takeCoffee)).reply.response).to.equal('OK')
    await till.ticket(bill)
    // A busy machine makes waits, of which another test is.
    const spans = (await collect()).filter(({ name }) => name !== 'turn' && name !== 'slot')

    const [lost, undo, again, ticket, ...others] = rootsOf(spans)
    expect(others).to.deep.equal([])
    expect(treeOf(lost!, spans)).to.deep.equal([
      'debit (server, failed)',
      '  journal findApproval (client)',
      '  findVenue (client)',
      '  journal beginDebit (client)',
      '  redeemCoupon (client, failed)',
      '  journal record (client)',
    ])
    expect(treeOf(undo!, spans)).to.deep.equal([
      'undo (internal)',
      '  journal beginUndo (client)',
      '  restoreCoupon (client)',
      '  journal record (client)',
    ])
    expect(treeOf(again!, spans)).to.deep.equal([
      'debit (server)',
      '  journal beginDebit (client)',
      '  redeemCoupon (client)',
      '  journal record (client)',
      '  journal markAnswered (client)',
    ])
    expect(treeOf(ticket!, spans)).to.deep.equal([
      'ticket (server)',
      '  create ticket (producer)',
      '  journal acceptTicket (client)',
    ])
    const { traceId, spanId } = lost!
    expect(undo!.links).to.deep.equal([{ traceId, spanId }])
    for (const { from, to } of spans) expect(to >= from).to.equal(true)
  })

  it('say what contracts/traces.md has, and nothing else', async () => {
    const till = await open({
      OTEL_SERVICE_NAME: 'loyalty',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    })
    const { reply } = await till.debit(takeCoffee)
    counter.core.faults.next({ operation: 'redeem', kind: 'reset' })
    await till.debit({
      ...takeCoffee,
      transactionId: 'T-2',
      accountNumber: 'A-2',
      rewardId: demo.coupons.cake,
    })
    const spans = await collect()
    const [first, second] = rootsOf(spans)
    expect(first?.attributes).to.deep.equal({
      'http.request.method': 'POST',
      'http.route': '/zonal/v1{/*path}',
      'http.response.status_code': 200,
      'zonal.code': 'OK',
      'zonal.venue': demo.venueId,
      'zonal.replayed': false,
      'zonal.redemption_id': reply.redemptionId,
    })
    const partOf = (root: typeof first, name: string) =>
      spans.find((span) => span.traceId === root?.traceId && span.name === name)?.attributes
    expect(partOf(first, 'redeemCoupon')).to.deep.equal({
      'server.address': '127.0.0.1',
      'http.request.method': 'POST',
      'http.response.status_code': 200,
      'zonal.outcome': 'done',
    })
    expect(partOf(second, 'redeemCoupon')).to.deep.equal({
      'server.address': '127.0.0.1',
      'http.request.method': 'POST',
      'zonal.outcome': 'unknown',
      'error.type': 'CoreOutcomeUnknown',
    })
    expect(partOf(first, 'journal beginDebit')).to.deep.equal({
      'db.system.name': 'sqlite',
      'db.operation.name': 'beginDebit',
    })
    const [{ resource } = { resource: {} }] = collector.spans
    expect(resource).to.include({
      'service.name': 'loyalty',
      'service.version': '0.0.0-test',
      'deployment.environment.name': 'test',
    })
  })

  it('show waits for the turn of a card and for a slot, if they are long enough to matter', async () => {
    const till = await open({ CORE_RATE_LIMIT: '4', CORE_RATE_WINDOW_MS: '1000' })
    counter.core.faults.next({ operation: 'redeem', kind: 'delay', ms: 50 })
    const points = { cardNumber: demo.cards.anna, accountNumber: 'A-1', points: 1 }
    await Promise.all([
      till.debit(takeCoffee),
      ...[1, 2, 3, 4, 5].map((each) => till.debit({ ...points, transactionId: `P-${each}` })),
    ])
    const waits = (await collect()).filter(({ name }) => name === 'turn' || name === 'slot')
    expect(waits.map(({ name }) => name)).to.include.members(['turn', 'slot'])
    for (const { name, kind, attributes, from, to } of waits) {
      const { 'zonal.waited_ms': waitedMs, ...more } = attributes
      expect(kind).to.equal('internal')
      expect(waitedMs).to.be.a('number').that.is.at.least(5)
      // Two readings of the clock were two milliseconds apart on a busy machine.
      expect(Number(to - from) / 1e6).to.be.closeTo(waitedMs as number, 1)
      expect(Object.keys(more)).to.deep.equal(name === 'slot' ? ['zonal.lane'] : [])
    }
    expect(waits.map(({ attributes }) => attributes['zonal.lane'])).to.include('debit')
  })

  it("continue a caller's trace behind a trusted proxy, in log line, journal and Kafka's header too", async () => {
    await open({ TRUSTED_PROXIES: '1', CORE_TRACEPARENT: 'true' })
    const { reply } = await sendTraced('debit', takeCoffee)
    await sendTraced('ticket', bill)
    for (const message of ['debit', 'ticket'])
      expect(await lineOf(message)).to.include({ traceId: callersTrace })
    const [waiting] = await readJournal(counter.service, (journal) => journal.waitingTickets(1))
    const row = await readJournal(counter.service, (journal) => journal.findRedemption(reply.redemptionId!))
    const calls = counter.core.calls.map(({ headers }) => headers.traceparent)
    const spans = await collect()
    const roots = rootsOf(spans)
    expect(roots.map(({ name, traceId, parentId }) => ({ name, traceId, parentId }))).to.deep.equal([
      { name: 'debit', traceId: callersTrace, parentId: '00f067aa0ba902b7' },
      { name: 'ticket', traceId: callersTrace, parentId: '00f067aa0ba902b7' },
    ])
    const idOf = (wanted: string) => spans.find(({ name }) => name === wanted)?.spanId
    const { headers } = toEvent(waiting!, { venueParameter: 'aztecVenueId' })
    expect(headers.traceparent).to.equal(`00-${callersTrace}-${idOf('create ticket')}-01`)
    expect(row?.traceId).to.equal(callersTrace)
    expect(calls).to.deep.equal(
      ['findVenue', 'redeemCoupon'].map((name) => `00-${callersTrace}-${idOf(name)}-01`),
    )
  })

  it('do not continue it if no proxy is trusted, and the core is not told', async () => {
    await open()
    await sendTraced('debit', takeCoffee)
    const { traceId } = await lineOf('debit')
    expect(traceId)
      .to.match(/^[0-9a-f]{32}$/)
      .and.not.equal(callersTrace)
    expect(counter.core.calls.map(({ headers }) => headers.traceparent)).to.deep.equal([undefined, undefined])
    const spans = await collect()
    expect(new Set(spans.map((span) => span.traceId))).to.deep.equal(new Set([traceId]))
  })

  it('are sampled, and those that are not still have their ids in log line, journal and header', async () => {
    const till = await open({ OTEL_TRACES_SAMPLER_ARG: '0' })
    counter.core.faults.next({ operation: 'redeem', kind: '500', when: 'after' })
    await till.debit(takeCoffee)
    await till.ticket(bill)
    const { traceId, redemptionId } = await lineOf('debit')
    const undone = await counter.service.line(({ msg }) => msg === 'undo')
    expect(undone).to.include({ debitTraceId: traceId })
    const row = await readJournal(counter.service, (journal) => journal.findRedemption(String(redemptionId)))
    expect(row).to.include({ traceId })
    const [waiting] = await readJournal(counter.service, (journal) => journal.waitingTickets(1))
    expect(waiting?.closed.traceparent).to.match(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
    expect(await collect()).to.deep.equal([])
  })

  it('are recorded if the caller says so, whatever the share', async () => {
    await open({ OTEL_TRACES_SAMPLER_ARG: '0', TRUSTED_PROXIES: '1' })
    await sendTraced('balance', { cardNumber: demo.cards.anna })
    await sendTraced('balance', { cardNumber: demo.cards.ben }, '00')
    expect(rootsOf(await collect())).to.have.length(1)
  })

  it('are named on the page of metrics, beside how long a request took, for whoever reads OpenMetrics', async () => {
    const till = await open()
    await till.balance({ cardNumber: demo.cards.anna })
    const { traceId } = await lineOf('balance')
    const read = async (accept: string) => {
      const response = await fetch(`${counter.service.managementUrl}/metrics`, { headers: { accept } })
      return { type: response.headers.get('content-type'), body: await response.text() }
    }
    const named = await read('application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5')
    expect(named.type).to.include('application/openmetrics-text')
    expect(named.body).to.match(
      new RegExp(
        `^zonal_request_duration_seconds_bucket\\{.*message="balance".*\\} 1 # \\{trace_id="${traceId}"\\} `,
        'm',
      ),
    )
    expect(named.body)
      .to.match(/^zonal_spans_sent_total 0$/m)
      .and.match(/# EOF\n$/)
    // The other form keeps its names.
    const plain = await read('text/plain')
    expect(plain.type).to.include('text/plain')
    expect(plain.body).to.include('# TYPE zonal_spans_sent_total counter').and.not.include('trace_id')
    await collect()
    expect(collector.spans.map((span) => span.traceId)).to.include(traceId)
  })

  it('begin anew if the ids of the caller hold the card number', async () => {
    const cardNumber = '4711081512345678'
    await open({ TRUSTED_PROXIES: '1' })
    const headers = {
      ...{ 'content-type': 'application/json', authorization },
      traceparent: `00-${cardNumber}${cardNumber}-00f067aa0ba902b7-01`,
    }
    await counter.till.raw({ path: '/debit', headers, body: JSON.stringify({ ...takeCoffee, cardNumber }) })
    await counter.till.raw({ path: '/ticket', headers, body: JSON.stringify({ ...bill, cardNumber }) })
    const [waiting] = await readJournal(counter.service, (journal) => journal.waitingTickets(1))
    const { headers: sent } = toEvent(waiting!, { venueParameter: 'aztecVenueId' })
    await collect()
    const seen = [
      ...[JSON.stringify(sent), counter.service.rawLines.join()],
      ...collector.requests.flatMap(({ body }) => [body.toString('latin1'), body.toString('hex')]),
    ]
    for (const text of seen) expect(text).not.to.include(cardNumber)
    expect(await lineOf('debit'))
      .to.have.property('traceId')
      .that.matches(/^[0-9a-f]{32}$/)
  })
})

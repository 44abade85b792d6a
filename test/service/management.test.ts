import { expect } from 'chai'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo, openCounter, takePoints, type Counter } from './counter.ts'

describe('the service, for operators,', () => {
  useRealSockets()
  let counter: Counter
  beforeEach(async () => (counter = await openCounter()))
  afterEach(() => counter.close())

  const get = async (path: string) => {
    const response = await fetch(counter.service.managementUrl + path)
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      text: await response.text(),
    }
  }

  it('says whether it is live and ready, and the state of each part', async () => {
    expect(JSON.parse((await get('/health/live')).text)).to.deep.equal({ status: 'live' })
    const { status, text } = await get('/health/ready')
    expect(status).to.equal(200)
    expect(JSON.parse(text)).to.deep.include({
      status: 'ready',
      journal: 'ok',
      kafka: 'not configured: tickets wait in the journal',
    })
    expect((await get('/elsewhere')).status).to.equal(404)
  })

  it('counts requests by message and code, and calls by operation and outcome', async () => {
    await counter.till.balance({ cardNumber: demo.cards.anna })
    await counter.till.balance({ cardNumber: demo.cards.anna })
    await counter.till.balance({ cardNumber: demo.cards.unknown })
    await counter.till.debit(takePoints)
    await counter.till.ticket({ ticketId: 'B-1', closedAt: new Date(), total: 5, currency: 'GBP' })
    const { type, text } = await get('/metrics')
    expect(type).to.match(/^text\/plain/)
    for (const line of [
      'zonal_request_duration_seconds_count{message="balance",code="OK"} 2',
      'zonal_request_duration_seconds_count{message="balance",code="CARD_UNKNOWN"} 1',
      'zonal_core_call_duration_seconds_count{operation="readCard",outcome="done"} 1',
      'zonal_core_call_duration_seconds_count{operation="readCard",outcome="refused"} 1',
      'zonal_cache_reads_total{cache="balance",result="hit"} 1',
      'zonal_core_breaker_state{operation="takePoints"} 0',
      'zonal_tickets_waiting 1',
      'zonal_tickets_taken_total{result="accepted"} 1',
      'zonal_redemptions{state="in_doubt"} 0',
    ])
      expect(text.split('\n')).to.include(line)
  })

  it('writes one wide log line for each request', async () => {
    const { reply, headers } = await counter.till.debit(takePoints)
    await counter.till.debit(takePoints)
    await counter.service.stop()
    const lines = counter.service.lines().filter(({ msg }) => msg === 'request')
    expect(lines).to.have.length(2)
    expect(lines[0]).to.deep.include({
      requestId: reply.requestId,
      message: 'debit',
      code: 'OK',
      status: 200,
      isAnswered: true,
      venue: demo.venueId,
      card: '*1001',
      account: 'A-1',
      transactionId: 'P-1',
      redemptionId: reply.redemptionId,
      openBreakers: [],
    })
    expect(headers['x-request-id']).to.equal(reply.requestId)
    expect(lines[0]?.coreCalls).to.have.length(2)
    expect(lines[1]).to.deep.include({ isReplayed: true, coreCalls: [] })
  })
})

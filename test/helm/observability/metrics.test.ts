import { expect } from 'chai'
import { request } from 'node:http'
import { createMetrics } from '../../../src/observability/metrics.ts'
import { lanes } from '../../../src/trifft/budget/lanes.ts'
import { demo, openCounter, takePoints, type Counter } from '../../service/counter.ts'
import { basic } from '../../simulators/till/encode.ts'
import { useRealSockets } from '../../support/real-sockets.ts'

describe('the metrics page', () => {
  useRealSockets()
  let counter: Counter
  beforeEach(
    async () => (counter = await openCounter({ CORE_RATE_LIMIT: '48', CORE_REDEMPTION_DEADLINE_MS: '500' })),
  )
  afterEach(() => counter.close())

  const lines = async () =>
    (await (await fetch(`${counter.service.managementUrl}/metrics`)).text()).split('\n')

  it('shows which version runs, and how many core slots there are and are taken', async () => {
    await counter.till.balance({ cardNumber: demo.cards.anna })
    expect(await lines()).to.include.members([
      'zonal_build_info{version="0.0.0-test"} 1',
      'zonal_core_slots_limit 48',
      'zonal_core_slots_taken 3',
    ])
  })

  // It was logged as OK with 404 while its call to the core was under way, so the outcome of that call was in no line.
  it('counts only the tills that hang up before their answer has left, and the log line says what was done', async () => {
    await counter.till.balance({ cardNumber: demo.cards.anna })
    const fault = counter.core.faults.next({ operation: 'debit', kind: 'hang' })
    const till = request(`${counter.service.url}/debit`, {
      method: 'POST',
      headers: { authorization: basic(demo), 'content-type': 'application/json' },
    })
    till.on('error', () => undefined)
    till.end(JSON.stringify(takePoints))
    await fault.reached
    till.destroy()
    const line = await counter.service.line(({ msg, message }) => msg === 'request' && message === 'debit')
    expect(line).to.include({ code: 'HUNG_UP', unheardCode: 'NOT_REDEEMED', isAnswered: false })
    expect(line).to.not.have.property('status')
    expect(line.durationMs, 'until it hung up').to.be.below(500)
    expect(line.coreCalls).to.have.length(1)
    expect(line).to.have.nested.property('coreCalls[0]').that.includes({
      operation: 'takePoints',
      outcome: 'unknown',
      reason: 'takePoints: no answer (deadline)',
    })
    fault.release()
    expect(await lines()).to.include.members([
      'zonal_request_duration_seconds_count{message="debit",code="HUNG_UP"} 1',
      'zonal_requests_unanswered_total{message="balance"} 0',
      'zonal_requests_unanswered_total{message="debit"} 1',
    ])
  })
})

describe('counters that alerts use', () => {
  it('start at zero, so that the first increase is seen', async () => {
    const page = (await createMetrics(lanes).page()).body.split('\n')
    const missing = [
      'zonal_request_duration_seconds_count{message="debit",code="INTERNAL_ERROR"} 0',
      'zonal_requests_unanswered_total{message="debit"} 0',
      'zonal_core_slot_refusals_total{lane="balance",reason="no_slot"} 0',
      'zonal_undos_total{outcome="refused"} 0',
      'zonal_tickets_taken_total{result="dead_letter"} 0',
      'zonal_kafka_send_duration_seconds_count{outcome="failed"} 0',
      'zonal_ticket_times_implausible_total{direction="ahead"} 0',
      'zonal_ticket_times_implausible_total{direction="back"} 0',
      'zonal_connections_ended_total{reason="pipelined"} 0',
      'zonal_credentials_locked_total 0',
      'zonal_journal_failures_total 0',
      'zonal_capture_failures_total 0',
    ].filter((line) => !page.includes(line))
    expect(missing).to.deep.equal([])
  })
})

import { expect } from 'chai'
import perfHooks from 'node:perf_hooks'
import { createMetrics } from '../../src/observability/metrics.ts'

describe('the metrics of a service', () => {
  // Each service measured the process once more, for as long as the process lived. After a thousand services a test worker
  // was so slow that tests ran into their time limit.
  it('measure the process once, however many services it makes', async () => {
    createMetrics()
    const { monitorEventLoopDelay } = perfHooks
    let measured = 0
    perfHooks.monitorEventLoopDelay = (options) => {
      measured++
      return monitorEventLoopDelay(options)
    }
    try {
      const metrics = createMetrics()
      expect(measured).to.equal(0)
      const { body } = await metrics.page()
      expect(body).to.include('nodejs_eventloop_lag_seconds ').and.include('zonal_build_info')
    } finally {
      perfHooks.monitorEventLoopDelay = monitorEventLoopDelay
    }
  })

  it('are those of one service', async () => {
    const [one, other] = [createMetrics(), createMetrics()]
    one.buildInfo.set({ version: '1' }, 1)
    expect((await one.page()).body).to.include('zonal_build_info{version="1"} 1')
    expect((await other.page()).body).not.to.include('zonal_build_info{version="1"}')
  })
})

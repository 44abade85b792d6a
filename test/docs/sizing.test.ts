import { expect } from 'chai'
import { variables } from '../../src/config/variables.ts'
import { readChartValues } from './chart-values.ts'
import { readPage } from './pages.ts'
import { checkoutsThatFit, checkoutsToPlanFor, cpuMsPerSecond, limits } from './sizing.ts'

describe('the sizing in helm/README.md', () => {
  it('uses the same limit as the service, and the same CPU for each replica as the chart', () => {
    expect(String(limits[0])).to.equal(variables.CORE_RATE_LIMIT.fallback)
    expect(variables.CORE_RATE_WINDOW_MS.fallback).to.equal('10000')
    const values = readChartValues().flatMap((section) => section.values)
    const averageCpu = values.find(({ path }) => path === 'autoscaling.averageCpu')
    expect(averageCpu?.fallback).to.equal(`${cpuMsPerSecond}m`)
  })

  it('has the figures of its table in its text', () => {
    const { text } = readPage('helm/README.md')
    expect(text).to.contain(`So ${checkoutsThatFit(48)} checkouts fit into 10 s`)
    expect(text).to.contain(`at ${checkoutsToPlanFor(48)} a minute, at most one in a hundred`)
  })
})

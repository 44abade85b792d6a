import { expect } from 'chai'
import { variables } from '../../src/config/variables.ts'
import { readChartValues } from './chart-values.ts'
import { readPage } from './pages.ts'
import { checkoutsThatFit, checkoutsToPlanFor, cpuMsPerSecond, limits } from './sizing.ts'

describe('the sizing in helm/README.md', () => {
  it("is for TRIFFT's limit as the service keeps it, and for replicas as the chart adds them", () => {
    expect(String(limits[0])).to.equal(variables.CORE_RATE_LIMIT.fallback)
    expect(variables.CORE_RATE_WINDOW_MS.fallback).to.equal('10000')
    const values = readChartValues().flatMap((section) => section.values)
    const averageCpu = values.find(({ path }) => path === 'autoscaling.averageCpu')
    expect(averageCpu?.fallback).to.equal(`${cpuMsPerSecond}m`)
  })

  it('says in its text what its table is made of', () => {
    const { text } = readPage('helm/README.md')
    expect(text).to.contain(`So ${checkoutsThatFit(48)} checkouts fit into 10 s`)
    expect(text).to.contain(`at ${checkoutsToPlanFor(48)} a minute, at most one in a hundred`)
  })
})

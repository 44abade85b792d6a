import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import { useAtLengthOnly } from '../support/at-length.ts'
import { honestSockets, runAttacks, type Report } from './run.ts'

/** How much later than usual an honest till may be answered while somebody attacks. */
const maxLaterMs = 700
const maxMemoryMb = 256

describe('a service that is attacked in every way, for a short time,', function () {
  this.timeout(240_000)
  useAtLengthOnly()
  let report: Report
  before(async () => {
    execFileSync('npm', ['run', '--silent', 'build'])
    report = await runAttacks({ scale: 0.1 })
  })

  it('keeps running, with little memory and no leaked sockets', () => {
    expect(report.restarts).to.equal(0)
    for (const { attack, rssMb } of report.rows) expect(rssMb, attack).to.be.at.most(maxMemoryMb)
    for (const { attack, socketsLeft } of report.rows)
      expect(socketsLeft, attack).to.be.at.most(honestSockets)
  })

  it('answers every honest till, hardly later than usual', () => {
    for (const { attack, refused, codes, slowestMs, asked } of report.rows) {
      expect(asked, attack).to.be.greaterThan(20)
      expect(refused, `${attack}: ${JSON.stringify(codes)}`).to.equal(0)
      expect(slowestMs, attack).to.be.at.most(report.usualMs + maxLaterMs)
    }
  })

  it('stores none of the secrets that it was sent', () => {
    expect(report.canaries).to.deep.equal([])
  })
})

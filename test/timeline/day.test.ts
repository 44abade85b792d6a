import { expect } from 'chai'
import { clockTime, dayOf, periodOf, zoneOf } from '../../src/timeline/day.ts'

const at = (text: string) => Date.parse(text)

describe('the day of a venue', () => {
  it('ends at four in the morning of the venue, not of the server', () => {
    expect(dayOf(at('2026-11-24T03:59:59Z'), 'Europe/London')).to.equal('2026-11-23')
    expect(dayOf(at('2026-11-24T04:00:00Z'), 'Europe/London')).to.equal('2026-11-24')
    expect(dayOf(at('2026-11-24T00:00:00Z'), 'Asia/Dubai')).to.equal('2026-11-24')
    expect(dayOf(at('2026-11-23T23:59:59Z'), 'Asia/Dubai')).to.equal('2026-11-23')
  })

  it('is as long as the clocks make it', () => {
    const hours = (date: string) => {
      const { fromMs, toMs } = periodOf(date, 'Europe/London')!
      return (toMs - fromMs) / 3_600_000
    }
    expect(['2026-11-23', '2026-10-24', '2026-03-28'].map(hours)).to.deep.equal([24, 25, 23])
  })

  it('has no period for what is no date', () => {
    for (const text of ['Friday', '2026-13-01', '2026-02-30x', ''])
      expect(periodOf(text, 'UTC'), text).to.equal(undefined)
  })

  it('has times of the venue', () => {
    const zonal = { timeZone: 'Europe/London', venueTimeZones: new Map([['2001', 'Asia/Dubai']]) }
    const time = at('2026-07-01T20:14:03.9Z')
    expect(clockTime(time, zoneOf('1902', zonal))).to.equal('21:14:03')
    expect(clockTime(time, zoneOf('2001', zonal))).to.equal('00:14:03')
  })
})

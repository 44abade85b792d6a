import { expect } from 'chai'
import fc from 'fast-check'
import { localDate, readDate, readTime } from '../../src/zonal/time.ts'

const london = 'Europe/London'

describe('a time', () => {
  for (const [name, text, utc] of [
    ['in UTC', '2026-11-23T12:00:00Z', '2026-11-23T12:00:00Z'],
    ['with an offset', '2026-11-23T12:00:00+01:00', '2026-11-23T11:00:00Z'],
    ['with seven decimals, as .NET writes it', '2026-11-23T12:00:00.1234567Z', '2026-11-23T12:00:00.123Z'],
    ['local in winter', '2026-11-23T12:00:00', '2026-11-23T12:00:00Z'],
    ['local in summer', '2026-07-23 12:00', '2026-07-23T11:00:00Z'],
    ['local and twice: the first', '2026-10-25T01:30:00', '2026-10-25T00:30:00Z'],
    ['local and never: one hour on', '2026-03-29T01:30:00', '2026-03-29T01:30:00Z'],
    ['a date alone', '2026-11-23', '2026-11-23T00:00:00Z'],
    ['with blanks around', ' 2026-11-23T12:00Z ', '2026-11-23T12:00:00Z'],
  ] as const)
    it(`may be ${name}`, () => {
      expect(readTime(text, london)).to.equal(Date.parse(utc))
    })

  for (const text of [
    '',
    'yesterday',
    '12:00',
    '2026-02-30T12:00',
    '2026-11-23T25:00',
    '23/11/2026 12:00',
    '1795694400',
    '0001-01-01T00:00:00',
    '1969-12-31T23:59:59Z',
    '9999-12-31T23:59:59Z',
    '+012026-01-01T00:00Z',
  ])
    it(`is not ${JSON.stringify(text)}`, () => {
      expect(readTime(text, london)).to.equal(undefined)
    })

  it('comes back from every text with an offset', () => {
    const times = fc.date({ min: new Date(0), max: new Date('2999-01-01'), noInvalidDate: true })
    fc.assert(
      fc.property(times, (time) => {
        expect(readTime(time.toISOString(), london)).to.equal(time.getTime())
      }),
    )
  })

  it('is read or not, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(readTime(text, london)).to.satisfy(
          (ms: unknown) => ms === undefined || Number.isSafeInteger(ms),
        )
      }),
    )
  })
})

describe('a business date', () => {
  for (const [text, date] of [
    ['2026-11-23', '2026-11-23'],
    ['2026-11-23T00:00:00', '2026-11-23'],
    ['2026-11-23T23:30:00-05:00', '2026-11-23'],
    ['2026-11-23T00:00:00Z', '2026-11-23'],
    ['2026-02-29', undefined],
    ['23/11/2026', undefined],
    ['0001-01-01T00:00:00', undefined],
    ['2026-11-23x', undefined],
  ] as const)
    it(`is ${date} in ${text}`, () => {
      expect(readDate(text)).to.equal(date)
    })

  it('is the local one of a moment', () => {
    expect(localDate(Date.parse('2026-07-22T23:30:00Z'), london)).to.equal('2026-07-23')
    expect(localDate(Date.parse('2026-11-23T23:30:00Z'), london)).to.equal('2026-11-23')
  })
})

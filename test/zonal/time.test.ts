import { expect } from 'chai'
import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import {
  findImplausible,
  localDate,
  readDate,
  readSecondTime,
  readTime,
} from '../../src/zonal/messages/time.ts'

const london = 'Europe/London'

describe('a time', () => {
  for (const [name, text, utc] of [
    ['in UTC', '2026-11-23T12:00:00Z', '2026-11-23T12:00:00Z'],
    ['with an offset', '2026-11-23T12:00:00+01:00', '2026-11-23T11:00:00Z'],
    ['with seven decimals, as .NET writes it', '2026-11-23T12:00:00.1234567Z', '2026-11-23T12:00:00.123Z'],
    ['local in winter', '2026-11-23T12:00:00', '2026-11-23T12:00:00Z'],
    ['local in summer', '2026-07-23 12:00', '2026-07-23T11:00:00Z'],
    ['a local time that occurs twice: the first is taken', '2026-10-25T01:30:00', '2026-10-25T00:30:00Z'],
    [
      'a local time that never occurs: one hour later is taken',
      '2026-03-29T01:30:00',
      '2026-03-29T01:30:00Z',
    ],
    ['a date alone', '2026-11-23', '2026-11-23T00:00:00Z'],
    ['local to a zone in brackets', '2026-11-23T12:00:00[Asia/Dubai]', '2026-11-23T08:00:00Z'],
    ['local to a zone that must be known', '2026-07-23 12:00[!America/New_York]', '2026-07-23T16:00:00Z'],
    ['local to an offset in brackets', '2026-11-23T12:00:00[+05:30]', '2026-11-23T06:30:00Z'],
    ['a date in a zone', '2026-11-23[Asia/Dubai]', '2026-11-22T20:00:00Z'],
    [
      'a local time of a zone that occurs twice: the first is taken',
      '2026-11-01T01:30:00[America/New_York]',
      '2026-11-01T05:30:00Z',
    ],
    ['local with another annotation', '2026-07-23T12:00:00[u-ca=gregory]', '2026-07-23T11:00:00Z'],
    ['with offset and zone', '2026-11-23T12:00:00+04:00[Asia/Dubai]', '2026-11-23T08:00:00Z'],
    [
      'with an offset that its zone does not have',
      '2026-11-23T12:00:00+01:00[Asia/Dubai]',
      '2026-11-23T11:00:00Z',
    ],
    ['in UTC, with a zone', '2026-11-23T12:00:00Z[Asia/Dubai]', '2026-11-23T12:00:00Z'],
    ['with an offset, in an unknown zone', '2026-11-23T12:00:00Z[Mars/Phobos]', '2026-11-23T12:00:00Z'],
    ['with blanks around', ' 2026-11-23T12:00Z ', '2026-11-23T12:00:00Z'],
  ] as const)
    it(`can be read: ${name}`, () => {
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
    '2026-11-23T12:00:00[Mars/Phobos]',
    '2026-11-23T12:00:00[Asia/Dubai',
    '2026-11-23T12:00:00[]',
    '0001-01-01T00:00:00[Asia/Dubai]',
    '2026-11-23T25:00[Asia/Dubai]',
  ])
    it(`cannot be read from ${JSON.stringify(text)}`, () => {
      expect(readTime(text, london)).to.equal(undefined)
    })

  it('is read back from every text in UTC', () => {
    const times = fc.date({ min: new Date(0), max: new Date('2999-01-01'), noInvalidDate: true })
    fc.assert(
      fc.property(times, (time) => {
        expect(readTime(time.toISOString(), london)).to.equal(time.getTime())
      }),
    )
  })

  it('is a whole number of milliseconds or nothing, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(readTime(text, london)).to.satisfy(
          (ms: unknown) => ms === undefined || Number.isSafeInteger(ms),
        )
      }),
    )
  })
})

describe('the second reading of a local time', () => {
  const second = (text: string) => readSecondTime(text, london, readTime(text, london) ?? NaN)

  for (const [text, utc] of [
    ['2026-10-25T01:30:00', '2026-10-25T01:30:00Z'],
    ['2026-10-25T01:00', '2026-10-25T01:00:00Z'],
    ['2026-11-01T01:30:00[America/New_York]', '2026-11-01T06:30:00Z'],
  ] as const)
    it(`is an hour after the first when clocks went back: ${text}`, () => {
      expect(second(text)).to.equal(Date.parse(utc))
      expect(second(text)).to.equal(Number(readTime(text, london)) + 3_600_000)
    })

  for (const text of [
    '2026-10-25T00:59:59',
    '2026-10-25T02:00:00',
    '2026-10-25T01:30:00Z',
    '2026-10-25T01:30:00+01:00[Europe/London]',
    '2026-10-25T01:30:00[Asia/Dubai]',
    '2026-03-29T01:30:00',
    '2026-10-25',
  ])
    it(`does not exist for ${text}`, () => {
      expect(second(text)).to.equal(undefined)
    })
})

describe('a local time of any zone', () => {
  // Their clocks change by an hour, by half of one, at midnight, or not at all.
  for (const zone of [london, 'Australia/Lord_Howe', 'America/St_Johns', 'Asia/Beirut', 'Asia/Kathmandu'])
    it(`is read as Temporal reads it, by the minute around each change of the clock: ${zone}`, () => {
      const change = Temporal.Instant.from('2026-01-01T00:00Z').toZonedDateTimeISO(zone)
      const changes = [change.getTimeZoneTransition('next'), change.getTimeZoneTransition('previous')]
      for (const around of [change, ...changes.filter((each) => each !== null)])
        for (let minutes = -180; minutes <= 180; minutes++) {
          const local = around.toPlainDateTime().add({ minutes }).with({ second: 7 })
          const text = local.toString({ smallestUnit: 'second' })
          const [first, second] = (['compatible', 'later'] as const).map(
            (disambiguation) => local.toZonedDateTime(zone, { disambiguation }).epochMilliseconds,
          )
          expect(readTime(text, zone), text).to.equal(first)
          expect(readSecondTime(text, zone, first ?? NaN), text).to.equal(
            second === first ? undefined : second,
          )
        }
    })
})

describe('a closing time', () => {
  const nowMs = Date.parse('2026-11-23T12:00:00Z')
  for (const [text, direction] of [
    ['2026-11-23T12:00:00Z', undefined],
    ['2026-11-24T12:00:00Z', undefined],
    ['2026-11-24T12:00:01Z', 'ahead'],
    ['2062-11-23T12:00:00Z', 'ahead'],
    ['2026-09-24T12:00:00Z', undefined],
    ['2026-09-24T11:59:59Z', 'back'],
    ['1970-01-01T00:00:00Z', 'back'],
  ] as const)
    it(`is ${direction ? `too far ${direction}` : 'plausible'} at ${text}`, () => {
      expect(findImplausible(Date.parse(text), nowMs)).to.equal(direction)
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
    it(`is ${date ?? 'undefined'} for ${text}`, () => {
      expect(readDate(text)).to.equal(date)
    })

  it('is that of the time zone of its venue', () => {
    expect(localDate(Date.parse('2026-07-22T23:30:00Z'), london)).to.equal('2026-07-23')
    expect(localDate(Date.parse('2026-11-23T23:30:00Z'), london)).to.equal('2026-11-23')
  })
})

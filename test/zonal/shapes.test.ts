import { expect } from 'chai'
import fc from 'fast-check'
import { z } from 'zod'
import { contradiction } from '../../src/zonal/dialects/json/contradiction.ts'
import { objectReaderOf, shapeReaderOf } from '../../src/zonal/messages/shape.ts'
import * as shapes from '../../src/zonal/messages/shapes.ts'
import { ticketRequest } from '../../src/zonal/messages/ticket-message.ts'

const runs = { numRuns: 3_000 }
const nearlyRight = [
  ...['', ' ', '0', '-0', '1', '-1', '+1', '01', '12.5', '-12.50', '1e3', '1234567890', '999999999'],
  ...[
    'y',
    'No',
    ' TRUE ',
    'f',
    'gbp',
    'GBP ',
    'GB',
    'CROWN1001',
    ' C 1 ',
    'a\u0000b',
    'half \ud83d',
    '\u00a0x',
  ],
  ...['2026-11-23T12:00:00Z', 'x'.repeat(40), 'x'.repeat(41), 'x'.repeat(64), 'x'.repeat(65)],
  ...['x'.repeat(128), 'x'.repeat(129), 'x'.repeat(200), 'x'.repeat(201), 'x'.repeat(513)],
  ...[0, -0, 1, -1, 2, 0.5, 999_999_999, 1_000_000_000, 2 ** 53 - 1, 2 ** 53, 1e300, NaN, Infinity],
  ...[true, false, null, undefined, contradiction, [], {}, ['1'], 1n],
]
const anything = fc.oneof(
  fc.constantFrom(...nearlyRight),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.stringMatching(/^ ?[+-]?\d{0,11}(\.\d{0,11})? ?$/),
  fc.double(),
  fc.integer(),
  fc.jsonValue(),
)

describe('a field of a message', () => {
  const exported: [string, unknown][] = Object.entries(shapes)
  const kinds = exported.filter((entry): entry is [string, z.ZodType] => entry[1] instanceof z.ZodType)
  for (const [name, schema] of kinds)
    it(`is read as its schema says: ${name}`, () => {
      const read = shapeReaderOf<unknown>(schema)
      fc.assert(
        fc.property(anything, (value) => {
          const { success, data } = schema.safeParse(value)
          expect(read(value)).to.equal(success ? data : undefined)
        }),
        runs,
      )
    })
})

describe('a ticket of any fields', () => {
  const { shape } = ticketRequest
  const entryOf = (list: 'items' | 'discounts' | 'payments' | 'redemptions') =>
    fc.record(
      Object.fromEntries(Object.keys(shape[list].unwrap().element.shape).map((name) => [name, anything])),
      { requiredKeys: [] },
    )
  const lists = (['items', 'discounts', 'payments', 'redemptions'] as const).map(
    (list) =>
      [list, fc.oneof(fc.array(fc.oneof(entryOf(list), anything), { maxLength: 4 }), anything)] as const,
  )
  const anyTicket = fc.record(
    {
      ...Object.fromEntries(Object.keys(shape).map((name) => [name, anything])),
      ...Object.fromEntries(lists),
    },
    { requiredKeys: [] },
  )
  const readTicket = objectReaderOf(ticketRequest)

  it('is read as its schema says, without what does not fit', () => {
    fc.assert(
      fc.property(anyTicket, (given) => {
        const unread = new Set<string>()
        const read = readTicket(given, unread)
        const { error } = ticketRequest.safeParse(given)
        const problems = error?.issues ?? []
        const paths = problems.map(({ path }) => path.filter((part) => typeof part === 'string').join('.'))
        expect([...unread]).to.have.members([...new Set(paths)])
        if (!error) expect(read).to.deep.equal(withoutAbsent(ticketRequest.parse(given)))
        else if (unread.isDisjointFrom(new Set(['closedAt', 'total'])))
          expect(read).to.deep.equal(ticketRequest.parse(read))
      }),
      runs,
    )
  })
})

/** zod keeps the name of an optional field that is undefined. */
function withoutAbsent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAbsent)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) =>
      inner === undefined ? [] : [[name, withoutAbsent(inner)] as const],
    ),
  )
}

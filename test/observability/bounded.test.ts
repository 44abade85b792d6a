import { expect } from 'chai'
import fc from 'fast-check'
import { bounded, cutText } from '../../src/observability/bounded.ts'

const bounds = { text: 3, entries: 2, fields: 2, depth: 2 }

describe('a value from outside', () => {
  const rows: [what: string, value: unknown, left: unknown][] = [
    ['a text', 'abcd', 'abc'],
    ['a text that is just short enough', 'abc', 'abc'],
    ['a text, counted in code points', '\u{1f37a}\u{1f37a}\u{1f37a}\u{1f37a}', '\u{1f37a}\u{1f37a}\u{1f37a}'],
    ['a list', [1, 2, 3], [1, 2]],
    ['an object', { a: 1, b: 'long', c: 3 }, { a: 1, b: 'lon' }],
    ['nested levels', { a: { b: { c: 1 } } }, { a: { b: undefined } }],
    ['numbers and null, which stay', [0, null], [0, null]],
    [
      'a name with a meaning in JavaScript',
      JSON.parse('{"__proto__":{"id":"x"}}'),
      JSON.parse('{"__proto__":{"id":"x"}}'),
    ],
  ]
  for (const [what, value, left] of rows)
    it(`is bounded: ${what}`, () => {
      expect(bounded(value, bounds)).to.deep.equal(left)
    })

  it('stays as it is if it is within the bounds', () => {
    const wide = { text: 1_000, entries: 1_000, fields: 1_000, depth: 100 }
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(bounded(value, wide)).to.deep.equal(value)
      }),
    )
  })

  it('is never cut within a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 0, max: 20 }), (text, most) => {
        expect(cutText(text, most)).to.equal([...text].slice(0, most).join(''))
      }),
    )
  })
})

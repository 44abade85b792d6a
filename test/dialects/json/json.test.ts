import { expect } from 'chai'
import fc from 'fast-check'
import { contradiction } from '../../../src/zonal/dialects/json/contradiction.ts'
import { parseJson } from '../../../src/zonal/dialects/json/json.ts'
import { read } from './read.ts'

// A till that gathers its fields from two places can write {"points":100,"points":900}. Every JSON parser silently
// keeps the last, so 900 points were taken, and "isVoid":true,"isVoid":false was a sale.
describe('a key that occurs twice in one object', () => {
  for (const [text, detail] of [
    ['{"points":100,"points":900}', 'points is given twice with different values'],
    ['{"request":{"points":100,"points":900}}', 'points is given twice with different values'],
    ['{"points" : 100, "points"\n:\t900}', 'points is given twice with different values'],
    [String.raw`{"points":100,"po\u0069nts":900}`, 'points is given twice with different values'],
    ['{"points":1,"points":2,"points":1}', 'points is given twice with different values'],
    [
      '{"points":100,"points":900,"POINTS":100}',
      'points and POINTS are the same field with different values',
    ],
    ['{"cardNumber":{"a":1},"cardNumber":{"a":2}}', 'cardNumber is given twice with different values'],
    [
      '{"transactionId":9007199254740992,"transactionId":9007199254740993}',
      'transactionId is given twice with different values',
    ],
  ] as const)
    it(`makes the message invalid if its values differ: ${text}`, () => {
      expect(read('debit', text).problem).to.include({ code: 'MESSAGE_INVALID', detail })
    })

  for (const text of [
    '{"points":100,"points":100}',
    '{"points":100,"points":"100"}',
    '{"points":100,"points":null,"points":" "}',
    '{"points":null,"points":100}',
    '{"points":100,"foo":1,"foo":2}',
    '{"points":100,"foo":{"points":1,"points":2}}',
    '{"points":100,"__proto__":{"points":1},"__proto__":{"points":2}}',
    String.raw`{"points":100,"foo":"\"points\":900"}`,
    '{"points":100,"foo":":points:900"}',
    '{"points":100,"foo":[{"points":1},{"points":2}]}',
  ])
    it(`is accepted in ${text}`, () => {
      const { fields, problem } = read('debit', text)
      expect(problem).to.equal(undefined)
      expect(String(fields.points)).to.equal('100')
    })

  for (const [text, items] of [
    ['{"items":[{"total":1,"total":2,"name":"Tea"}]}', [{ name: 'Tea' }]],
    ['{"items":[{"total":1,"total":1.0,"name":"Tea"}]}', [{ total: 1, name: 'Tea' }]],
    ['{"items":[{"foo":1,"foo":2,"id":9007199254740993}]}', [{ id: '9007199254740993' }]],
  ] as const)
    it(`only removes that field from an entry of a list: ${text}`, () => {
      const { fields, problem } = read('ticket', text)
      expect(problem).to.equal(undefined)
      expect(JSON.parse(JSON.stringify(fields.items))).to.deep.equal(items)
    })

  it('is the only difference from what JSON.parse reads', () => {
    const keys = fc.constantFrom('a', 'b', '":', ':', '\\', '__proto__')
    const texts = fc.oneof(fc.string(), fc.constantFrom('": ', ':":', '{"a":1,"a":2}', '\\":'))
    const values = fc.letrec((tie) => ({
      value: fc.oneof(
        texts,
        fc.integer(),
        fc.double({ min: -(2 ** 50), max: 2 ** 50, noNaN: true }),
        fc.constant(null),
        tie('list'),
        tie('object'),
      ),
      list: fc.array(tie('value'), { maxLength: 4 }),
      object: fc.dictionary(keys, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    })).object
    fc.assert(
      fc.property(values, fc.constantFrom('', ' ', '\t'), (value, space) => {
        const text = JSON.stringify(value, null, space)
        expect(parseJson(text)).to.deep.equal(JSON.parse(text))
        // The last of a repeated key, with its value changed, is seen wherever it is.
        const twice = `{"x":[${text},{"y":1,"z":{},"y":2}]}`
        expect(parseJson(twice)).to.deep.equal({ x: [JSON.parse(text), { y: contradiction, z: {} }] })
      }),
    )
  })
})

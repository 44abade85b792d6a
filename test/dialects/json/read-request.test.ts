import { expect } from 'chai'
import fc from 'fast-check'
import { Refusal } from '../../../src/model/refusal.ts'
import { refusalOf } from '../../zonal/refusal-of.ts'
import { read } from './read.ts'

const json = 'application/json'
const form = 'application/x-www-form-urlencoded; charset=utf-8'
const asForm = (text: string) => new URLSearchParams({ request: text }).toString()

describe('the operation of a request', () => {
  for (const named of ['balance', 'Balance', 'BALANCE'])
    it(`is read from the path: ${named}`, () => {
      expect(read(named, '{}').operation).to.equal('balance')
    })

  for (const text of [
    '{"method":"Debit"}',
    '{"Request":{"METHOD":"debit"}}',
    '{"method":"debit","request":{}}',
  ])
    it(`is read from the message at the bare base path: ${text}`, () => {
      expect(read('', text).operation).to.equal('debit')
    })

  it('may be named in both the path and the message', () => {
    expect(read('ticket', '{"method":"TICKET"}').operation).to.equal('ticket')
  })

  it('is refused if path and method disagree', () => {
    expect(refusalOf(() => read('balance', '{"method":"debit"}'))).to.include({
      code: 'MESSAGE_INVALID',
      detail: 'method must name the same operation as the path',
    })
  })

  it('is that of the path for a ticket whose method disagrees, so that the ticket can be kept', () => {
    const detail = 'method must name the same operation as the path'
    for (const text of ['{"method":"debit"}', '{"method":"debit","method":"ticket"}', '{"method":{}}'])
      expect(read('ticket', text).problem, text).to.include({ code: 'MESSAGE_INVALID', detail })
  })

  it('is not guessed if the message names two', () => {
    const refusal = refusalOf(() => read('', '{"method":"debit","method":"ticket"}'))
    expect(refusal).to.include({
      code: 'MESSAGE_INVALID',
      detail: 'method is given twice with different values',
    })
  })

  for (const [path, text] of [
    ['refund', '{}'],
    ['', '{}'],
    ['', '{"method":"toString"}'],
    ['__proto__', '{}'],
    ['', '{"method":{"a":1}}'],
  ] as const)
    it(`is unknown: ${path || 'no path'} with ${text}`, () => {
      expect(refusalOf(() => read(path, text))).to.include({
        code: 'OPERATION_UNKNOWN',
        detail: 'The operations are balance, debit, credit, ticket',
      })
    })

  for (const [path, text] of [
    ['Register', '{}'],
    ['', '{"request":{"method":"register"}}'],
    ['balance', '{"method":"register"}'],
  ] as const)
    it(`is not supported: ${path || 'no path'} with ${text}`, () => {
      expect(refusalOf(() => read(path, text)).code).to.equal('NOT_SUPPORTED')
    })
})

describe('the envelope of a request', () => {
  const message = '{"cardNumber":"URCARD123"}'
  for (const [name, text, contentType] of [
    ['plain JSON', message, json],
    ['JSON inside request', `{"request":${message}}`, 'text/json'],
    ['a form', asForm(message), form],
    ['a form with the envelope too', asForm(`{"request":${message}}`), form],
    ['fields both inside and outside request', `{"cardNumber":"URCARD123","request":${message}}`, json],
  ] as const)
    it(`may be ${name}`, () => {
      expect({ ...read('balance', text, contentType).fields }).to.deep.equal({ cardNumber: 'URCARD123' })
    })

  for (const [name, text, contentType] of [
    ['broken JSON', '{"cardNumber":', json],
    ['text that is not JSON', 'cardNumber', json],
    ['an array', '[]', json],
    ['null', 'null', json],
    ['a number', '5', json],
    ['a request that is not an object', '{"request":[]}', json],
    ['a form without request', 'cardNumber=1', form],
    ['a form with two requests', `${asForm('{}')}&${asForm('{}')}`, form],
    ['a form with broken JSON', 'request=%7B', form],
  ] as const)
    it(`is unreadable as ${name}`, () => {
      expect(refusalOf(() => read('balance', text, contentType)).code).to.equal('MESSAGE_UNREADABLE')
    })
})

describe('the fields of a request', () => {
  it('are recognised in any case and by their aliases, and unknown ones are left out', () => {
    const text = '{"CARDID":"URCARD123","AztecSiteId":7,"platformServicesSiteId":"8","colour":"red"}'
    expect({ ...read('balance', text).fields }).to.deep.equal({
      cardNumber: 'URCARD123',
      siteId: 7,
      siteRef: '8',
    })
  })

  it('are recognised in the lists of a ticket by the names of each list', () => {
    const text = '{"ITEMS":[{"AztecID":5,"Price":2.5,"Qty":2,"x":1}],"tenders":[{"tender":"Cash"}]}'
    const { fields } = read('ticket', text)
    expect(JSON.parse(JSON.stringify(fields))).to.deep.equal({
      items: [{ id: 5, unitPrice: 2.5, quantity: 2 }],
      payments: [{ type: 'Cash' }],
    })
  })

  it('keep integers of 64 bits, and only those, as text', () => {
    const text =
      '{"cardNumber":9826123456789012345,"items":[{"id":10000000123},{"id":9223372036854775807}],"total":1234567890.1234567}'
    const { fields } = read('ticket', text)
    expect(fields.cardNumber).to.equal('9826123456789012345')
    expect(JSON.parse(JSON.stringify(fields.items))).to.deep.equal([
      { id: 10000000123 },
      { id: '9223372036854775807' },
    ])
    expect(fields.total).to.equal(1234567890.1234567)
  })

  it('inherit no names, and cannot be given a prototype', () => {
    const evil =
      '{"__proto__":{"cardNumber":"EVIL1"},"constructor":{"a":1},"prototype":1,"items":[{"__proto__":{"id":1}}]}'
    const { fields } = read('ticket', evil)
    const [item] = fields.items as object[]
    for (const each of [fields, item ?? []]) {
      const prototype = Object.getPrototypeOf(each) as object
      expect([Reflect.ownKeys(prototype), Object.getPrototypeOf(prototype)]).to.deep.equal([[], null])
      expect(Object.isFrozen(prototype)).to.equal(true)
    }
    expect(Reflect.ownKeys(fields)).to.deep.equal(['items'])
    expect(Reflect.ownKeys(item ?? [])).to.deep.equal([])
  })

  for (const [text, detail] of [
    [
      '{"cardNumber":"A123","CardNumber":"B123"}',
      'cardNumber and CardNumber are the same field with different values',
    ],
    [
      '{"cardNumber":"A123","cardId":"B123"}',
      'cardNumber and cardId are the same field with different values',
    ],
    [
      '{"cardNumber":"A123","request":{"CARDNUMBER":"B123"}}',
      'cardNumber and CARDNUMBER are the same field with different values',
    ],
    [
      '{"cardNumber":"A123","request":{"cardNumber":"B123"}}',
      'cardNumber is given twice with different values',
    ],
    [
      '{"siteId":7,"cardNumber":"A123","CARDNUMBER":"A123","cardNo":"B123","cardId":"C123","SiteId":8}',
      'siteId and SiteId are the same field with different values',
    ],
    [
      '{"cardNumber":"A123","CARDNUMBER":"A123","cardNo":"B123","cardId":"C123"}',
      'cardNumber and cardNo are the same field with different values',
    ],
  ] as const)
    it(`make the message invalid when given twice with different values: ${text}`, () => {
      expect(read('balance', text).problem).to.include({ code: 'MESSAGE_INVALID', detail })
    })

  for (const [text, detail] of [
    ['{"request":{},"Request":{"siteId":7}}', 'request and Request are the same field with different values'],
    ['{"request":{"siteId":6},"request":{"siteId":7}}', 'request is given twice with different values'],
  ] as const) {
    it(`are refused at once if there are two envelopes: ${text}`, () => {
      const refusal = refusalOf(() => read('balance', text))
      expect(refusal).to.include({ code: 'MESSAGE_INVALID', detail })
      expect(refusalOf(() => read('', text)).detail).to.equal(detail)
    })

    it(`do not prevent a ticket with two envelopes from being kept: ${text}`, () => {
      expect(read('ticket', text).problem).to.include({ code: 'MESSAGE_INVALID', detail })
    })
  }

  it('may be in two envelopes with the same content', () => {
    const text = '{"request":{"siteId":7},"REQUEST":{"siteId":7},"request":{"siteId":7}}'
    expect({ ...read('balance', text).fields }).to.deep.equal({ siteId: 7 })
  })

  it('may be given twice with the same value, as number or text, or once empty', () => {
    const text = '{"siteId":7,"SiteId":"7","cardNumber":null,"CardNumber":"A123","CARDNUMBER":" "}'
    expect({ ...read('balance', text).fields }).to.deep.equal({ siteId: 7, cardNumber: 'A123' })
  })

  it('of an entry in a list are kept, except for one with two values', () => {
    const { fields } = read('ticket', '{"items":[{"unitPrice":1,"price":2,"name":"Tea"}]}')
    expect(JSON.parse(JSON.stringify(fields.items))).to.deep.equal([{ name: 'Tea' }])
  })
})

describe('a hostile request', () => {
  const depth = 100_000
  const deep = '['.repeat(depth) + ']'.repeat(depth)
  const keys = Array.from({ length: 9_000 }, (_, index) => `"k${index}":1`).join()
  /** Each spelling once: the bits of its number say which letters are capitals. */
  const spellings = Array.from({ length: 2 ** 13 }, (_, number) =>
    [...'servicecharge'].map((sign, bit) => ((number >> bit) & 1 ? sign.toUpperCase() : sign)).join(''),
  )

  for (const [name, text] of [
    ['nested deeply', deep],
    ['nested deeply in a field', `{"cardNumber":${deep}}`],
    ['nested deeply with long digits', `{"a":1234567890123456789,"cardNumber":${deep}}`],
    ['nested deeply twice in one field', `{"cardNumber":${deep},"CardNumber":${deep}}`],
    ['nested deeply in objects', `{"request":${'{"request":'.repeat(depth)}1${'}'.repeat(depth)}}`],
    ['nested deeply beside a repeated key', `{"a":1,"a":2,"cardNumber":${deep}}`],
    [
      'full of different spellings of one name',
      `{${spellings.map((name, value) => `"${name}":${value}`).join()}}`,
    ],
    ['full of one key', `{${Array.from({ length: 20_000 }, (_, value) => `"total":${value}`).join()}}`],
    ['full of keys in one object and then none', `{"items":{${keys}},${'"items":{},'.repeat(9_000)}"a":1}`],
    ['full of one large value', `{"items":{${keys}}${`,"items":{${keys}}`.repeat(3)}}`],
    ['full of colons', `{"a":"${'": '.replaceAll('"', '\\"').repeat(50_000)}"}`],
    ['full of blanks before a colon', `{"a"${' '.repeat(200_000)}:"${' :'.repeat(20_000)}"}`],
    ['full of objects instead of texts', '{"siteId":{"toString":1},"SiteId":"1"}'],
  ] as const)
    it(`is read or refused when ${name}`, () => {
      expectReadOrRefused('ticket', text, json)
    })

  it('is read or refused, whatever it holds', () => {
    const messages = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .dictionary(fc.constantFrom('request', 'method', 'items', 'cardNumber', '__proto__'), fc.jsonValue())
        .map((value) => JSON.stringify(value)),
    )
    fc.assert(
      fc.property(
        fc.constantFrom('balance', 'ticket', 'register', ''),
        messages,
        fc.boolean(),
        (path, text, isForm) => expectReadOrRefused(path, isForm ? asForm(text) : text, isForm ? form : json),
      ),
    )
  })
})

function expectReadOrRefused(path: string, text: string, contentType: string) {
  try {
    expect(read(path, text, contentType)).to.have.keys(
      'operation',
      'fields',
      'amountUnit',
      'problem',
      'reference',
    )
  } catch (error) {
    expect(error).to.be.instanceOf(Refusal)
  }
}

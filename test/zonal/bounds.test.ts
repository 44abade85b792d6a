import { expect } from 'chai'
import { read as readAt } from '../dialects/json/read.ts'
import { least, parse } from './parse-ticket.ts'
import { refusalOf } from './refusal-of.ts'

// Sixteen tickets of 129,000 items each, or one form of 130,000 fields, kept every other till waiting for seconds.
describe('a large message', () => {
  const read = (text: string, contentType?: string) => readAt('ticket', text, contentType)
  const saidOf = (act: () => unknown) => {
    const { code, detail } = refusalOf(act)
    return [code, detail]
  }
  const nested = (levels: number) => `{"x":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`

  for (const list of ['items', 'payments', 'discounts', 'redemptions']) {
    it(`may have a thousand ${list}`, () => {
      const ticket = { ...least, [list]: Array.from({ length: 1_000 }, () => ({})) }
      expect(parse(read(JSON.stringify(ticket)).fields).unreadFields).to.deep.equal([])
    })
    it(`is refused with one more entry in ${list}, whatever the entries are`, () => {
      for (const entry of [{}, 1, null, []]) {
        const ticket = { ...least, [list]: Array.from({ length: 1_001 }, () => entry) }
        const { fields } = read(JSON.stringify(ticket))
        expect(saidOf(() => parse(fields))).to.deep.equal([
          'MESSAGE_INVALID',
          `${list} must have at most 1000 entries`,
        ])
      }
    })
  }

  it('may be nested 64 levels deep and no deeper, in whatever field', () => {
    expect(read(nested(64)).fields).to.deep.equal({})
    expect(saidOf(() => read(nested(65)))).to.deep.equal([
      'MESSAGE_INVALID',
      'the message must not be nested more than 64 levels deep',
    ])
  })

  it('may have ten thousand objects and no more, wherever they are', () => {
    const objects = (count: number) =>
      `{"x":[${Array(count - 1)
        .fill('{}')
        .join()}]}`
    expect(read(objects(10_000)).fields).to.deep.equal({})
    expect(saidOf(() => read(objects(10_001)))).to.deep.equal([
      'MESSAGE_INVALID',
      'the message must have at most 10000 objects',
    ])
  })

  it('may be a form of 64 fields and no more', () => {
    const form = (fields: number) =>
      [...Array.from({ length: fields - 1 }, () => 'a='), 'request={}'].join('&')
    const type = 'application/x-www-form-urlencoded'
    expect(read(form(64), type).operation).to.equal('ticket')
    expect(saidOf(() => read(form(65), type))).to.deep.equal([
      'MESSAGE_INVALID',
      'the form must have at most 64 fields',
    ])
  })

  it('is read without a field of an entry that holds an object or a list, which is counted', () => {
    const items = [{ id: '1', name: { en: 'Pie' }, quantity: [2], total: 5 }]
    const { ticket, unreadFields } = parse({ ...least, items })
    expect(ticket.items).to.deep.equal([{ id: '1', totalMinor: 500 }])
    expect(unreadFields).to.have.members(['items.name', 'items.quantity'])
  })
})

import { expect } from 'chai'
import { read } from './read.ts'

describe('names of one field that Zonal may send together', () => {
  for (const [given, name, value] of [
    [{ productId: 3, id: 1 }, 'id', 1],
    [{ id: 1, productId: 3 }, 'id', 1],
    [{ productId: 3, AZTECID: 2 }, 'id', 2],
    [{ id: ' ', productId: 3, entityCode: null }, 'id', 3],
    [{ categoryId: 7, category: 'Mains' }, 'category', 'Mains'],
    [{ category: 'Mains', categoryId: 7 }, 'category', 'Mains'],
    [{ categoryId: 7 }, 'category', 7],
  ] as const)
    it(`give a line the value of the name that comes first in the table: ${JSON.stringify(given)}`, () => {
      const { fields, problem } = read('ticket', JSON.stringify({ items: [given] }))
      expect(problem).to.equal(undefined)
      expect(JSON.parse(JSON.stringify(fields.items))).to.deep.equal([{ [name]: value }])
    })

  for (const text of [
    '{"ticketNumber":5,"ticketId":"B-77"}',
    '{"ticketId":"B-77","ticketNumber":5}',
    '{"ticketNumber":5,"request":{"TICKETID":"B-77"}}',
    '{"ticketNumber":5,"ticketNumber":6,"ticketId":"B-77"}',
    '{"ticketId":"B-77","ticketNumber":5,"TicketNumber":6}',
  ])
    it(`identify the ticket by its ticketId: ${text}`, () => {
      const { fields, problem } = read('ticket', text)
      expect(problem).to.equal(undefined)
      expect(fields.ticketId).to.equal('B-77')
    })

  for (const [text, detail] of [
    ['{"ticketId":1,"TicketId":2}', 'ticketId and TicketId are the same field with different values'],
    [
      '{"ticketNo":3,"ticketNumber":1,"TicketNumber":2}',
      'ticketNumber and TicketNumber are the same field with different values',
    ],
    ['{"total":1,"totalSpend":2}', 'total and totalSpend are the same field with different values'],
  ] as const)
    it(`are refused if one of them has two values, as any other names are: ${text}`, () => {
      expect(read('ticket', text).problem).to.include({ code: 'MESSAGE_INVALID', detail })
    })
})

describe('a list with one entry', () => {
  for (const [list, entry, folded] of [
    ['items', { Price: 2.5, x: 1 }, { unitPrice: 2.5 }],
    ['payments', { tender: 'Cash' }, { type: 'Cash' }],
    ['redemptions', { prizeId: 'u-1' }, { rewardId: 'u-1' }],
    ['discounts', { discountId: 9 }, { id: 9 }],
  ] as const)
    it(`may be a single object: ${list}`, () => {
      const { fields } = read('ticket', JSON.stringify({ [list]: entry }))
      expect(JSON.parse(JSON.stringify(fields[list]))).to.deep.equal([folded])
    })
})

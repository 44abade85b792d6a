import { expect } from 'chai'
import { aliases } from '../../../src/zonal/dialects/json/fields.ts'
import { balanceRequest, creditRequest, debitRequest } from '../../../src/zonal/messages/messages.ts'
import { ticketRequest } from '../../../src/zonal/messages/ticket-message.ts'

/** Read by `readRequest` and `readCredentials`, before the message. */
const ahead = ['method', 'username', 'token', 'password']

describe('the table of field names', () => {
  for (const [message, schema] of Object.entries({
    balance: balanceRequest,
    debit: debitRequest,
    credit: creditRequest,
    ticket: ticketRequest,
  }))
    it(`has exactly the fields of a ${message}`, () => {
      const own = aliases[message as keyof typeof aliases]
      const names = Object.keys({ ...aliases.common, ...own }).filter((name) => !ahead.includes(name))
      expect(names).to.have.members(Object.keys(schema.shape))
    })

  for (const [list, entry] of [
    ['items', 'item'],
    ['discounts', 'discount'],
    ['payments', 'payment'],
    ['redemptions', 'redemption'],
  ] as const)
    it(`has exactly the fields of the ${list} of a ticket`, () => {
      const { element } = ticketRequest.shape[list].unwrap()
      expect(Object.keys(aliases[entry])).to.have.members(Object.keys(element.shape))
    })

  for (const context of ['balance', 'debit', 'credit', 'ticket'] as const)
    it(`has each name once for a ${context}`, () => {
      expectEachOnce({ ...aliases.common, ...aliases[context] })
    })

  for (const context of ['item', 'discount', 'payment', 'redemption'] as const)
    it(`has each name once for each ${context} of a ticket`, () => {
      expectEachOnce(aliases[context])
    })
})

function expectEachOnce(table: Record<string, string[]>) {
  const names = Object.entries(table).flatMap(([name, others]) => [name, ...others])
  const folded = names.map((name) => name.toLowerCase())
  expect(folded).to.deep.equal([...new Set(folded)])
}

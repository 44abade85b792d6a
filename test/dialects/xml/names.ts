/** Our names of fields by the names of elements; an element that is not here is unknown. */
type Names = Record<string, string>

const common: Names = {
  User: 'username',
  Key: 'password',
  Transaction: 'transactionId',
  Account: 'accountNumber',
  Site: 'siteId',
  Staff: 'staffId',
  Card: 'cardNumber',
}
const what: Names = { Reward: 'rewardId', Points: 'points' }

export const names = {
  balance: common,
  debit: { ...common, ...what },
  credit: { ...common, ...what, Redemption: 'redemptionId', Original: 'originalTransactionId' },
  ticket: {
    ...common,
    Id: 'ticketId',
    Closed: 'closedAt',
    Total: 'total',
    Currency: 'currency',
    Lines: 'items',
    Tenders: 'payments',
    Void: 'isVoid',
  },
} satisfies Record<string, Names>

export const lists: Record<string, Names> = {
  items: { Product: 'id', Name: 'name', Qty: 'quantity', Price: 'unitPrice', Total: 'total' },
  payments: { Type: 'type', Amount: 'amount' },
}

export const operations = { Balance: 'balance', Debit: 'debit', Credit: 'credit', Ticket: 'ticket' } as const

/** In any message. */
const all: Names = Object.assign({}, ...Object.values(names), ...Object.values(lists)) as Names

export function fieldOf(element: string): string | undefined {
  return Object.hasOwn(all, element) ? all[element] : undefined
}

export function spell(field: string, list?: string): string {
  const table = (list === undefined ? undefined : lists[list]) ?? all
  return Object.entries(table).find(([, ours]) => ours === field)?.[0] ?? field
}

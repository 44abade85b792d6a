/**
 * Our name of each field, and the other names that it is accepted under, all in any case. The plugin's wire format is not
 * public, so they are assumed, from the style of Zonal's other services; the first captured exchange corrects them here.
 *
 * A message with two names of one field and different values is refused. So a name is an alias only if it cannot appear
 * beside the other with a meaning of its own (as `salesArea` may beside `salesAreaId`), or if one of them can be preferred
 * (`sideBySide`).
 */
const card = { cardNumber: ['cardNo', 'cardId', 'loyaltyCardNumber'] }
const what = { rewardId: ['prizeId'], points: [] }

export const aliases = {
  /** Any message. */
  common: {
    method: [],
    username: [],
    token: [],
    password: [],
    transactionId: ['transactionReference', 'transactionRef'],
    accountNumber: ['accountNo'],
    siteId: ['aztecSiteId', 'siteCode'],
    siteRef: ['siteReference', 'venueRef', 'platformServicesSiteId'],
    salesAreaId: [],
    terminalId: ['terminalNumber', 'tillId'],
    staffId: ['employeeId', 'operatorId'],
    dateTime: ['timestamp'],
  },
  balance: { ...card },
  debit: { ...card, ...what },
  credit: {
    ...card,
    ...what,
    redemptionId: [],
    originalTransactionId: ['originalTransactionReference', 'originalTransactionRef'],
  },
  ticket: {
    ...card,
    ticketId: ['ticketNumber', 'ticketNo'],
    closedAt: ['transactionDate', 'closedDateTime', 'closeTime'],
    openedAt: ['openedDateTime', 'openTime'],
    businessDate: ['tradingDate'],
    currency: ['currencyCode'],
    total: ['totalSpend', 'totalAmount'],
    items: ['lines', 'products'],
    discounts: [],
    payments: ['tenders'],
    redemptions: ['prizes'],
    covers: ['numberOfCovers'],
    tips: ['tip', 'gratuity'],
    serviceCharge: [],
    isVoid: ['void', 'voided'],
    isRefund: ['refund', 'refunded'],
  },
  item: {
    id: ['aztecId', 'entityCode', 'productId'],
    name: ['eposName'],
    quantity: ['qty'],
    unitPrice: ['price'],
    total: ['lineTotal'],
    tax: ['taxAmount'],
    discount: ['discountAmount'],
    category: ['categoryId'],
    portion: ['portionTypeId', 'portionId'],
  },
  discount: { id: ['discountId'], name: [], amount: ['discountAmount'] },
  payment: { type: ['tender', 'paymentType', 'tenderType'], amount: [] },
  redemption: { redemptionId: [], ...what },
} satisfies Record<string, Record<string, string[]>>

/** Fields whose names Zonal may send side by side with different values: the first in the table is used. */
const sideBySide: ReadonlySet<string[]> = new Set([
  aliases.ticket.ticketId,
  aliases.item.id,
  aliases.item.category,
])

/** The lists of a ticket, each with the table for its entries. */
const lists = {
  items: 'item',
  discounts: 'discount',
  payments: 'payment',
  redemptions: 'redemption',
} as const

/** `name` is our name of the field. Of several with different ranks the lowest is used. */
export type Alias = { name: string; rank: number }

/** How one kind of object is read: its names, as in the table and in lower case, and its lists. */
export type Names = { aliases: ReadonlyMap<string, Alias>; lists: ReadonlyMap<string, Names> }

const nameless: ReadonlyMap<string, Names> = new Map()

function toNames(table: Record<string, string[]>, inner = nameless): Names {
  const pairs = Object.entries(table).flatMap(([name, others]) =>
    [name, ...others].flatMap((spelling, index) => {
      const alias = { name, rank: sideBySide.has(others) ? index : 0 }
      return [spelling, spelling.toLowerCase()].map((each) => [each, alias] as const)
    }),
  )
  return { aliases: new Map(pairs), lists: inner }
}

const ticketLists = new Map(Object.entries(lists).map(([list, entry]) => [list, toNames(aliases[entry])]))

/** For a message whose operation is not known yet. */
export const commonNames = toNames(aliases.common)

/** For each message, including the common names. */
export const messageNames = {
  balance: toNames({ ...aliases.common, ...aliases.balance }),
  debit: toNames({ ...aliases.common, ...aliases.debit }),
  credit: toNames({ ...aliases.common, ...aliases.credit }),
  ticket: toNames({ ...aliases.common, ...aliases.ticket }, ticketLists),
}

/** The names of all messages, for one of which only its syntax can be read. */
export const anyMessageNames = toNames(
  {
    ...aliases.common,
    ...aliases.balance,
    ...aliases.debit,
    ...aliases.credit,
    ...aliases.ticket,
  },
  ticketLists,
)

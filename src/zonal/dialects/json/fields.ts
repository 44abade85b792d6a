/**
 * The names of the POS side, in one table: what we call a field, and the other names it is taken by. All match
 * without regard to case. The plugin's wire format is not public, so these are assumed, from the style of Zonal's other
 * services; a first captured exchange corrects them here.
 *
 * Two names of one field with different values refuse the message. So a name is an alias only where it cannot
 * stand beside the other with a meaning of its own (a `salesArea` beside a `salesAreaId` would), or where the first
 * that is given can stand for all (`sideBySide`).
 */
const cardNumber = { cardNumber: ['cardNo', 'cardId', 'loyaltyCardNumber'] }
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
  balance: { ...cardNumber },
  debit: { ...cardNumber, ...what },
  credit: {
    ...cardNumber,
    ...what,
    redemptionId: [],
    originalTransactionId: ['originalTransactionReference', 'originalTransactionRef'],
  },
  ticket: {
    ...cardNumber,
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

/** Fields whose names Zonal may well send side by side, each with a value of its own: the first in the table counts. */
const sideBySide: ReadonlySet<string[]> = new Set([
  aliases.ticket.ticketId,
  aliases.item.id,
  aliases.item.category,
])

/** The lists of a ticket, each with the context of its entries. */
const lists = {
  items: 'item',
  discounts: 'discount',
  payments: 'payment',
  redemptions: 'redemption',
} as const

/** What a name stands for: our name of the field, and its rank; of names of different rank the lower one counts. */
export type Alias = { name: string; rank: number }

/** How one kind of object is read: its names, as in the table and in lower case, and the lists in it. */
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

/** What every message may carry, for reading one whose operation is not known yet. */
export const commonNames = toNames(aliases.common)

/** The names of each message, with the common ones. */
export const messageNames = {
  balance: toNames({ ...aliases.common, ...aliases.balance }),
  debit: toNames({ ...aliases.common, ...aliases.debit }),
  credit: toNames({ ...aliases.common, ...aliases.credit }),
  ticket: toNames({ ...aliases.common, ...aliases.ticket }, ticketLists),
}

/** Every name of every message, for looking at one without knowing which it is. */
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

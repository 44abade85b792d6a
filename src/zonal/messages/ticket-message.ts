import { z } from 'zod'
import type { Ticket, TicketItem, Venue } from '../../model/words.ts'
import { findCardNumber, readCardNumber } from './card.ts'
import { posFields, type MessageSettings } from './messages.ts'
import { digitsOf, toMinor } from './money.ts'
import type { AmountUnit, RawContents } from './raw-message.ts'
import { createFieldReader } from './read-fields.ts'
import { RequestInvalid } from './request-invalid.ts'
import { card, count, currency, flag, id, money, mustBe, name, points, quantity, time } from './shapes.ts'
import { refuseLongLists } from './ticket-lists.ts'
import { localDate, readDate, readSecondTime, readTime } from './time.ts'
import { withoutUndefined } from './values.ts'

const ticketItem = z.object({
  id: id.optional().describe('Entity code'),
  name: name.optional(),
  quantity: quantity.optional().describe('May be decimal or negative'),
  unitPrice: money.optional(),
  total: money.optional(),
  tax: money.optional(),
  discount: money.optional(),
  category: name.optional(),
  portion: name.optional(),
})

export const ticketRequest = z
  .object({
    ...posFields,
    ticketId: id.optional(),
    closedAt: time,
    total: money,
    currency: currency.optional(),
    cardNumber: card.optional(),
    openedAt: time.optional(),
    businessDate: time.optional().describe('ISO 8601 date; else the local date of closedAt'),
    items: z.array(ticketItem).optional(),
    discounts: z
      .array(z.object({ id: id.optional(), name: name.optional(), amount: money.optional() }))
      .optional(),
    payments: z.array(z.object({ type: name.optional(), amount: money.optional() })).optional(),
    redemptions: z
      .array(z.object({ redemptionId: id.optional(), rewardId: id.optional(), points: points.optional() }))
      .optional(),
    covers: count.optional(),
    tips: money.optional(),
    serviceCharge: money.optional(),
    isVoid: flag.optional(),
    isRefund: flag.optional(),
  })
  .describe('ticketId or transactionId must be given')

const readFields = createFieldReader(ticketRequest)

const neededAlways = {
  ticketId: mustBe.id,
  closedAt: mustBe.time,
  currency: mustBe.currency,
  // If it were left out, a void would become a sale.
  isVoid: mustBe.flag,
  isRefund: mustBe.flag,
}

/** `timeZone` (IANA) applies to times without an offset, unless `venueTimeZones` has another for the Aztec venue ID. */
export type TicketSettings = MessageSettings & {
  timeZone: string
  venueTimeZones: ReadonlyMap<string, string>
  withoutCard: 'publish' | 'count'
}
/** For what a ticket does not say. */
type TicketVenue = Pick<Venue, 'id' | 'currency'>
type TicketFields = z.output<typeof ticketRequest>
type ItemFields = z.output<typeof ticketItem>

/**
 * Reads a closed bill. So that none is lost to a strict schema, it is refused only if its id, time, total or flags cannot be
 * read; any other unreadable field is left out.
 * @param contents as a dialect has read them
 * @param venue its currency and time zone apply if the ticket names none
 * @returns the ticket, and the paths, each once, of fields that were left out and of amounts that were rounded
 * @throws RequestInvalid for `ticketId`/`transactionId`, `closedAt`, `total`, `isVoid`, `isRefund`, an unknown `currency`, a
 *   list that is too long, and, if tickets without a card are dropped, for an unreadable `cardNumber`
 */
export function parseTicket(
  { fields, amountUnit }: RawContents,
  venue: TicketVenue,
  settings: TicketSettings,
): { ticket: Ticket; unreadFields: string[] } {
  const needed = {
    ...neededAlways,
    total: mustBe.money[amountUnit],
    ...(fields.ticketId === undefined ? { transactionId: mustBe.id } : {}),
    ...(settings.withoutCard === 'count' ? { cardNumber: mustBe.card } : {}),
  }
  refuseLongLists(fields)
  const { read, unread } = readFields(fields, needed)
  return { ticket: toTicket(read, { venue, settings, amountUnit, unread }), unreadFields: [...unread] }
}

type Context = {
  venue: TicketVenue
  settings: TicketSettings
  amountUnit: AmountUnit
  unread: Set<string>
}

function toTicket(fields: TicketFields, { venue, settings, amountUnit, unread }: Context): Ticket {
  const { ticketId, closedAt, total, currency, items, discounts, payments, redemptions, ...rest } = fields
  const { cardNumber, openedAt, businessDate, covers, tips, serviceCharge, isVoid, isRefund, ...pos } = rest
  const { cardPrefixes, withoutCard } = settings
  const timeZone = settings.venueTimeZones.get(venue.id) ?? settings.timeZone
  const readCard = withoutCard === 'count' ? readCardNumber : findCardNumber
  const money = readMoneyOf(currency ?? venue.currency, amountUnit)
  const closedAtMs = readClosedAt(closedAt, timeZone)
  const optional = createOptionalReader(money.digits, unread)
  return withoutUndefined({
    ...pos,
    ticketId: readTicketId(ticketId ?? pos.transactionId),
    kind: isRefund ? 'refund' : isVoid ? 'void' : 'sale',
    closedAtMs,
    closedAtLatestMs: readSecondTime(closedAt, timeZone, closedAtMs),
    openedAtMs: optional.read('openedAt', openedAt, (text) => readTime(text, timeZone)),
    businessDate: optional.read('businessDate', businessDate, readDate) ?? localDate(closedAtMs, timeZone),
    currency: money.currency,
    totalMinor: readTotal(total, money.digits, amountUnit),
    cardNumber: optional.read('cardNumber', cardNumber, (raw) => readCard(raw, cardPrefixes)),
    covers,
    tipsMinor: optional.amount('tips', tips),
    serviceChargeMinor: optional.amount('serviceCharge', serviceCharge),
    items: (items ?? []).map((item) => toItem(item, optional)),
    discounts: (discounts ?? []).map(({ amount, ...discount }) =>
      withoutUndefined({ ...discount, amountMinor: optional.amount('discounts.amount', amount) }),
    ),
    payments: (payments ?? []).map(({ amount, ...payment }) =>
      withoutUndefined({ ...payment, amountMinor: optional.amount('payments.amount', amount) }),
    ),
    redemptions: redemptions ?? [],
  })
}

function toItem(item: ItemFields, optional: OptionalReader): TicketItem {
  const { id, name, quantity, category, portion } = item
  return withoutUndefined({
    id,
    name,
    quantity,
    category,
    portion,
    unitPriceMinor: optional.amount('items.unitPrice', item.unitPrice),
    totalMinor: optional.amount('items.total', item.total),
    taxMinor: optional.amount('items.tax', item.tax),
    discountMinor: optional.amount('items.discount', item.discount),
  })
}

function readTicketId(id: string | undefined): string {
  if (id === undefined) throw new RequestInvalid('ticketId', 'is missing, and {transactionId} too')
  return id
}

function readClosedAt(text: string, timeZone: string): number {
  const closedAtMs = readTime(text, timeZone)
  if (closedAtMs === undefined) throw new RequestInvalid('closedAt', mustBe.time)
  return closedAtMs
}

/**
 * @returns `digits`: how many decimals its amounts may have
 * @throws RequestInvalid for an unknown currency: without one nobody knows what `total` is in minor units
 */
function readMoneyOf(currency: string | undefined, unit: AmountUnit): { currency: string; digits: number } {
  const digits = currency === undefined ? undefined : digitsOf(currency)
  if (currency === undefined || digits === undefined) throw new RequestInvalid('currency', mustBe.currency)
  return { currency, digits: unit === 'minor' ? 0 : digits }
}

function readTotal(total: string | number, digits: number, unit: AmountUnit): number {
  const amount = toMinor(total, digits, 'refuse')
  if (amount) return amount.minor
  const problem = unit === 'minor' ? mustBe.money.minor : `must be an amount with at most ${digits} decimals`
  throw new RequestInvalid('total', problem)
}

type OptionalReader = ReturnType<typeof createOptionalReader>

/** Reads fields that a ticket can do without, and collects the paths of those that are unreadable or rounded. */
function createOptionalReader(digits: number, unread: Set<string>) {
  function read<From, To>(path: string, value: From | undefined, parse: (value: From) => To | undefined) {
    if (value === undefined) return undefined
    const parsed = parse(value)
    if (parsed === undefined) unread.add(path)
    return parsed
  }

  /** In minor units. An amount with more decimals is rounded, such as the unit price of a weighed item. */
  function amount(path: string, value: string | number | undefined) {
    const inMinor = read(path, value, (major) => toMinor(major, digits, 'round'))
    if (inMinor?.isRounded) unread.add(path)
    return inMinor?.minor
  }

  return { read, amount }
}

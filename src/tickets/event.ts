import type { ClosedTicket, WaitingTicket } from '../journal/stored-tickets.ts'
import { z } from 'zod'
import type { TicketKind } from '../model/words.ts'

/** One Kafka record, as text. */
export type Event = { key: string; value: string; headers: Record<string, string> }

const minorUnits = z.int().describe('Integer in minor units of `currency`')
const unixSeconds = z.int().describe('UNIX time, seconds')

/**
 * The value of a record, in the words of TRIFFT's Create a Transaction (`contracts/trifft-core.openapi.yaml`), so that a
 * consumer can pass it on. What is absent or empty is left out; nothing is null.
 */
export const ticketEvent = z
  .object({
    transaction_id: z.string().describe("The POS's own id of the ticket"),
    type: z.enum(['standard', 'void', 'refund']),
    timestamp: unixSeconds.describe('When the bill was closed, UNIX time, seconds'),
    member_id_type: z.literal('CardID').optional(),
    member_id: z.string().optional().describe('Card number; absent on a bill without a card'),
    amount: minorUnits,
    currency: z.string().describe('ISO 4217'),
    venue_id_type: z.literal('CustomParam'),
    venue_id: z.string().describe('Slug of the custom parameter and the Aztec venue ID: `aztecVenueId:1902`'),
    items: z
      .array(
        z.object({
          sku: z.string().optional().describe('Aztec entity code'),
          name: z.string().optional(),
          qty: z.number().optional().describe('May be a fraction, or negative'),
          price: minorUnits.optional().describe('Of one unit'),
          amount: minorUnits.optional().describe('Of the line'),
          tax: minorUnits.optional(),
          discount: minorUnits.optional(),
          category: z.string().optional(),
          portion: z.string().optional(),
        }),
      )
      .optional(),
    coupons: z.array(z.string()).optional().describe('User Coupon ids that were redeemed with this bill'),
    params: z.object({
      business_date: z.string().describe('YYYY-MM-DD'),
      opened_at: unixSeconds.optional(),
      account_number: z.string().optional(),
      pos_transaction_id: z.string().optional().describe("The POS's own reference of its message"),
      site_id: z.string().optional(),
      site_ref: z.string().optional(),
      sales_area_id: z.string().optional(),
      terminal_id: z.string().optional(),
      staff_id: z.string().optional(),
      covers: z.number().optional(),
      tips: minorUnits.optional(),
      service_charge: minorUnits.optional(),
      payments: z
        .array(z.object({ type: z.string().optional(), amount: minorUnits.optional() }))
        .optional()
        .describe('Tenders'),
      discounts: z
        .array(
          z.object({
            id: z.string().optional(),
            name: z.string().optional(),
            amount: minorUnits.optional(),
          }),
        )
        .optional(),
      redemptions: z
        .array(
          z.object({
            redemption_id: z.string().optional(),
            reward_id: z.string().optional(),
            points: z.int().optional(),
          }),
        )
        .optional()
        .describe('What the ticket itself says of rewards and points taken'),
    }),
  })
  .describe('A closed, voided or refunded bill')

type TicketEvent = z.infer<typeof ticketEvent>

const kinds = {
  sale: { type: 'standard', ceType: 'com.trifftloyalty.zonal.ticket.closed.v1' },
  void: { type: 'void', ceType: 'com.trifftloyalty.zonal.ticket.voided.v1' },
  refund: { type: 'refund', ceType: 'com.trifftloyalty.zonal.ticket.refunded.v1' },
} as const satisfies Record<TicketKind, { type: TicketEvent['type']; ceType: string }>

/**
 * A CloudEvent 1.0 in Kafka's binary mode (`contracts/tickets.asyncapi.yaml`): its attributes are headers, its value is plain
 * JSON. Only the value holds the card number.
 * @param settings `venueParameter`: slug of the venue's custom parameter in TRIFFT
 */
export function toEvent(waiting: WaitingTicket, settings: { venueParameter: string }): Event {
  const { closed, eventId, kafkaKey } = waiting
  const { ticket } = closed
  return {
    key: kafkaKey,
    value: JSON.stringify(toValue(closed, settings.venueParameter)),
    headers: {
      ce_specversion: '1.0',
      ce_id: eventId,
      ce_source: `/zonal/venues/${closed.venueId}`,
      ce_type: kinds[ticket.kind].ceType,
      ce_time: new Date(ticket.closedAtMs).toISOString(),
      ce_subject: closed.subject ?? ticket.ticketId,
      ce_partitionkey: kafkaKey,
      'content-type': 'application/json',
      traceparent: closed.traceparent,
      tenant: closed.tenant,
    },
  }
}

function toValue({ ticket, venueId, coupons }: ClosedTicket, venueParameter: string): TicketEvent {
  return {
    transaction_id: ticket.ticketId,
    type: kinds[ticket.kind].type,
    timestamp: toUnixSeconds(ticket.closedAtMs),
    ...(ticket.cardNumber === undefined ? {} : { member_id_type: 'CardID', member_id: ticket.cardNumber }),
    amount: ticket.totalMinor,
    currency: ticket.currency,
    venue_id_type: 'CustomParam',
    venue_id: `${venueParameter}:${venueId}`,
    items: filled(
      ticket.items.map((item) => ({
        sku: item.id,
        name: item.name,
        qty: item.quantity,
        price: item.unitPriceMinor,
        amount: item.totalMinor,
        tax: item.taxMinor,
        discount: item.discountMinor,
        category: item.category,
        portion: item.portion,
      })),
    ),
    coupons: filled(coupons),
    params: toParams(ticket),
  }
}

function toParams(ticket: ClosedTicket['ticket']): TicketEvent['params'] {
  return {
    business_date: ticket.businessDate,
    opened_at: ticket.openedAtMs === undefined ? undefined : toUnixSeconds(ticket.openedAtMs),
    account_number: ticket.accountNumber,
    pos_transaction_id: ticket.transactionId,
    site_id: ticket.siteId,
    site_ref: ticket.siteRef,
    sales_area_id: ticket.salesAreaId,
    terminal_id: ticket.terminalId,
    staff_id: ticket.staffId,
    covers: ticket.covers,
    tips: ticket.tipsMinor,
    service_charge: ticket.serviceChargeMinor,
    payments: filled(ticket.payments.map(({ type, amountMinor }) => ({ type, amount: amountMinor }))),
    discounts: filled(
      ticket.discounts.map(({ id, name, amountMinor }) => ({ id, name, amount: amountMinor })),
    ),
    redemptions: filled(
      ticket.redemptions.map(({ redemptionId, rewardId, points }) => ({
        redemption_id: redemptionId,
        reward_id: rewardId,
        points,
      })),
    ),
  }
}

function toUnixSeconds(ms: number): number {
  return Math.floor(ms / 1000)
}

function filled<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined
}

import type { CardBill } from '../redemptions/redemption.ts'
import { traceJournal } from '../journal/traced-journal.ts'
import type { Journal } from '../journal/journal.ts'
import type { Exchange } from '../exchange.ts'
import type { Metrics } from '../observability/metrics.ts'
import { decideCoupons } from '../redemptions/coupons.ts'
import { maskIds, type MaskId } from './mask-ids.ts'
import { inSpan } from '../model/span.ts'
import { formerTicketFingerprint, ticketEventId, ticketFingerprint, ticketKey } from '../model/keys.ts'
import type { Credentials, Ticket, TicketRedemption, Venue } from '../model/words.ts'

/** Without the API key, since dead letters do not keep it. */
type TicketSender = { venue: Venue; credentials: Pick<Credentials, 'tenant'> }
type TicketAccepted = { ticketId: string; isDuplicate: boolean }

/** How far back redemptions are looked for if the bill has no opening time. */
const maxBillMs = 24 * 60 * 60 * 1000
/** Tills' clocks differ from ours, and some tills cut off seconds or minutes. */
const clockToleranceMs = 10 * 60 * 1000

type Deps = {
  journal: Journal
  hashCard: (cardNumber: string) => string
  maskId: MaskId
  wakeRelay: () => void
  metrics: Metrics
  withoutCard: 'publish' | 'count'
}

/**
 * Accepts a closed bill: it is on disk when this returns, and is sent to Kafka afterwards. A repeat is a duplicate; a
 * bill that was reopened and closed again is one more event.
 *
 * @throws StorageUnavailable if it could not be written: the till keeps it in its queue
 */
export function createTicket({ journal, hashCard, maskId, wakeRelay, metrics, withoutCard }: Deps) {
  return async function ticket(
    bill: Ticket,
    caller: TicketSender,
    exchange: Exchange,
  ): Promise<TicketAccepted> {
    const { ticketId, cardNumber, accountNumber } = bill
    if (!cardNumber && withoutCard === 'count') {
      metrics.ticketsReceived.inc({ result: 'without_card' })
      return { ticketId, isDuplicate: false }
    }
    const cardHash = cardNumber && hashCard(cardNumber)
    const masked = maskIds(bill, maskId)
    const cardBill = cardHash ? readCardBill(masked, bill, caller, cardHash) : undefined
    // The context in which the event is made, whenever and by whom it is sent.
    const creation = exchange.span.child('create ticket', 'producer')
    const accepted = traceJournal(journal, exchange.span).acceptTicket(
      {
        venue: caller.venue.coreId,
        eventId: ticketEventId(caller, masked),
        formerEventId: masked === bill ? undefined : ticketEventId(caller, bill),
        fingerprint: ticketFingerprint(bill),
        formerFingerprint: () => formerTicketFingerprint(bill),
        kafkaKey: cardHash ?? `${caller.venue.id}/${accountNumber ?? ticketId}`,
        closed: {
          venueId: caller.venue.id,
          tenant: caller.credentials.tenant,
          traceparent: creation.traceparent,
          ticket: bill,
          subject: masked.ticketId,
          coupons: bill.redemptions.flatMap(({ rewardId }) => rewardId ?? []),
        },
      },
      cardBill && { bill: cardBill, decide: (redemptions) => decideCoupons(cardBill, redemptions) },
    )
    const { isDuplicate, eventId } = await inSpan(creation, () => accepted)
    exchange.facts.eventId = eventId
    metrics.ticketsReceived.inc({ result: isDuplicate ? 'duplicate' : 'accepted' })
    if (!isDuplicate) wakeRelay()
    return { ticketId, isDuplicate }
  }
}

/** @param original with its ids as the till sent them, which is how earlier versions stored them */
function readCardBill(ticket: Ticket, original: Ticket, caller: TicketSender, cardHash: string): CardBill {
  const { closedAtMs, closedAtLatestMs = closedAtMs, openedAtMs = closedAtMs - maxBillMs } = ticket
  return {
    venue: caller.venue.coreId,
    cardHash,
    ticketKey: ticketKey(caller, ticket),
    kind: ticket.kind,
    account: ticket.accountNumber,
    formerAccount: original.accountNumber,
    fromMs: openedAtMs - clockToleranceMs,
    toMs: closedAtLatestMs + clockToleranceMs,
    named: ticket.redemptions.map(withOwnId),
  }
}

/** The event has the redemption id as the till sent it; it is looked up as it is stored, as a credit's is. */
function withOwnId({ redemptionId, ...named }: TicketRedemption): TicketRedemption {
  return redemptionId === undefined ? named : { ...named, redemptionId: redemptionId.toLowerCase() }
}

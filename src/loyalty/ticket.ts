import type { CardBill } from '../redemptions/redemption.ts'
import type { Journal } from '../journal/journal.ts'
import type { Exchange } from '../exchange.ts'
import type { Metrics } from '../observability/metrics.ts'
import { decideCoupons } from '../redemptions/coupons.ts'
import { coverIds, createCoverId } from './cover-ids.ts'
import { formerTicketFingerprint, ticketEventId, ticketFingerprint, ticketKey } from '../model/keys.ts'
import type { Credentials, Ticket, Venue } from '../model/words.ts'

/** Also of a dead letter, whose API key nobody has kept. */
type TicketSender = { venue: Venue; credentials: Pick<Credentials, 'tenant'> }
type TicketAccepted = { ticketId: string; isDuplicate: boolean }

/** Redemptions of a bill without an opening time are looked for this far back. */
const longestBillMs = 24 * 60 * 60 * 1000
/** Tills' clocks differ from ours, and some cut seconds or minutes off. */
const clockRoomMs = 10 * 60 * 1000

type Deps = {
  journal: Journal
  hashCard: (cardNumber: string) => string
  wakeRelay: () => void
  metrics: Metrics
  withoutCard: 'publish' | 'count'
}

/**
 * Takes a closed bill in: it is on disk when this returns, and on its way to Kafka after that. A repeat is a duplicate;
 * a bill that was reopened and closed again is one more event.
 *
 * @throws StorageUnavailable where it could not be written: the till keeps it in its queue
 */
export function createTicket({ journal, hashCard, wakeRelay, metrics, withoutCard }: Deps) {
  const coverId = createCoverId(hashCard)
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
    const covered = coverIds(bill, coverId)
    const cardBill = cardHash ? readCardBill(covered, bill, caller, cardHash) : undefined
    const { isDuplicate } = await journal.acceptTicket(
      {
        venue: caller.venue.coreId,
        eventId: ticketEventId(caller, covered),
        formerEventId: covered === bill ? undefined : ticketEventId(caller, bill),
        fingerprint: ticketFingerprint(bill),
        formerFingerprint: formerTicketFingerprint(bill),
        kafkaKey: cardHash ?? `${caller.venue.id}/${accountNumber ?? ticketId}`,
        closed: {
          venueId: caller.venue.id,
          tenant: caller.credentials.tenant,
          traceparent: exchange.nextTraceparent(),
          ticket: bill,
          subject: covered.ticketId,
          coupons: bill.redemptions.flatMap(({ rewardId }) => rewardId ?? []),
        },
      },
      cardBill && { bill: cardBill, decide: (known) => decideCoupons(cardBill, known) },
    )
    metrics.ticketsReceived.inc({ result: isDuplicate ? 'duplicate' : 'accepted' })
    if (!isDuplicate) wakeRelay()
    return { ticketId, isDuplicate }
  }
}

/** @param said with its ids as the till says them, as earlier versions wrote them down */
function readCardBill(ticket: Ticket, said: Ticket, caller: TicketSender, cardHash: string): CardBill {
  const { closedAtMs, closedAtLatestMs = closedAtMs, openedAtMs = closedAtMs - longestBillMs } = ticket
  return {
    venue: caller.venue.coreId,
    cardHash,
    ticketKey: ticketKey(caller, ticket),
    kind: ticket.kind,
    account: ticket.accountNumber,
    formerAccount: said.accountNumber,
    fromMs: openedAtMs - clockRoomMs,
    toMs: closedAtLatestMs + clockRoomMs,
    named: ticket.redemptions,
  }
}

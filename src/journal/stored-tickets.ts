import type { Ticket, UnreadMessage } from '../model/words.ts'

/** All that the event of a closed bill is made from; kept sealed until it is in Kafka. */
export type ClosedTicket = {
  venueId: string
  tenant: string
  traceparent: string
  ticket: Ticket
  /** The ticket's id in Kafka headers, or its stand-in; if undefined, the ticket's own id is used. */
  subject?: string
  /** User coupons redeemed with this bill. */
  coupons: string[]
}

export type TicketIntake = {
  /** TRIFFT's id of the venue on whose share it counts; undefined for tickets of earlier versions. */
  venue?: string
  /** UUID v5 of venue, ticket id, kind and business date. */
  eventId: string
  /** The event id that earlier versions gave it, if different: it may be a repeat of a ticket that they accepted. */
  formerEventId?: string | undefined
  /** SHA-256 of the parsed ticket: the same for a repeat, different for a bill that was reopened. */
  fingerprint: string
  /** @returns the fingerprint that earlier versions gave it, to recognise repeats of tickets that they accepted */
  formerFingerprint: () => string
  kafkaKey: string
  closed: ClosedTicket
}

/** `eventId`: its id in Kafka; of a duplicate that of the first. */
export type TicketAccepted = { isDuplicate: boolean; eventId: string }

/** A ticket as it is stored while it waits for Kafka. */
export type StoredTicket = Omit<TicketIntake, 'formerFingerprint' | 'formerEventId'>

/** A ticket that could not be read (`message`), or that Kafka has refused for good (`ticket`). Times are epoch ms. */
export type DeadLetter = {
  id: string
  kind: 'message' | 'ticket'
  /** The Aztec venue ID. */
  venueId: string
  /** Never contains a value of the message. */
  reason: string
  keptAtMs: number
}

export type OpenedDeadLetter =
  | (DeadLetter & { kind: 'message'; message: UnreadMessage })
  | (DeadLetter & { kind: 'ticket'; ticket: StoredTicket })

export type WaitingTicket = { eventId: string; kafkaKey: string; takenAtMs: number; closed: ClosedTicket }

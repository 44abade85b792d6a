import type { Ticket, UnreadMessage } from '../model/words.ts'

/** All that Kafka will be told of a closed bill; kept sealed until it is there. */
export type ClosedTicket = {
  venueId: string
  tenant: string
  traceparent: string
  ticket: Ticket
  /** Names the ticket in headers; without it the ticket's own id does. */
  subject?: string
  /** User coupons redeemed with this bill. */
  coupons: string[]
}

export type TicketIntake = {
  /** TRIFFT's id of the venue whose share of the room it takes; undefined for one from before. */
  venue?: string
  /** UUID v5 of venue, ticket id, kind and business date. */
  eventId: string
  /** By the rule of earlier versions, if that is another: a repeat of what they have taken in. */
  formerEventId?: string | undefined
  /** SHA-256 of the parsed ticket: the same for a repeat, another for a bill that was reopened. */
  fingerprint: string
  /** By the rule of earlier versions, for repeats of what they have taken in. */
  formerFingerprint: string
  kafkaKey: string
  closed: ClosedTicket
}

/** A ticket as it waits for Kafka. */
export type StoredTicket = Omit<TicketIntake, 'formerFingerprint' | 'formerEventId'>

/** A ticket that could not be understood (`message`), or that Kafka refuses for good (`ticket`). Times are epoch ms. */
export type DeadLetter = {
  id: string
  kind: 'message' | 'ticket'
  /** The Aztec venue ID. */
  venueId: string
  /** Never holds a value of the message. */
  reason: string
  keptAtMs: number
}

export type OpenedDeadLetter =
  | (DeadLetter & { kind: 'message'; message: UnreadMessage })
  | (DeadLetter & { kind: 'ticket'; ticket: StoredTicket })

export type WaitingTicket = { eventId: string; kafkaKey: string; takenAtMs: number; closed: ClosedTicket }

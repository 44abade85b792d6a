import { StorageUnavailable } from '../model/refusal.ts'
import type { Logger } from '../observability/logger.ts'
import type { Access } from './access.ts'
import { createBillCoupons } from './bill-coupons.ts'
import { createDeadLetters } from './dead-letters.ts'
import type { Journal } from './journal.ts'
import { createOutbox } from './outbox.ts'
import type { RedemptionRows } from './redemption-rows.ts'
import type { Seal } from './seal.ts'

type TicketFunctions = Pick<
  Journal,
  'acceptTicket' | 'waitingTickets' | 'markPublished' | 'moveToDeadLetters' | 'keepDeadLetter' | 'deadLetters'
>

/** The journal's functions for tickets and dead letters. */
export function createTicketFunctions(
  rows: RedemptionRows,
  seal: Seal,
  { limits, read, write, admit }: Access,
  log: Logger,
): TicketFunctions {
  const claimCoupons = createBillCoupons(rows)
  const deadLetters = createDeadLetters(seal)
  const outbox = createOutbox(seal, deadLetters)

  return {
    async acceptTicket(ticket, card) {
      let tried: { eventId: string; nowMs: number } | undefined
      const accept = function* (nowMs: number, mayBeDone: boolean) {
        // It would find itself, and call itself a repeat.
        if (mayBeDone && tried && (yield* outbox.isTaken(tried.eventId, tried.nowMs)))
          return { isDuplicate: false, eventId: tried.eventId }
        const accepted = yield* outbox.newEventId(ticket)
        if (accepted.isDuplicate) return accepted
        const { eventId } = accepted
        const refusal = ticket.venue && (yield* limits.ticketShareTaken(ticket.venue))
        if (refusal) return refusal
        const coupons = card ? yield* claimCoupons(card.bill, card.decide, nowMs) : ticket.closed.coupons
        yield* outbox.add({ ...ticket, eventId, closed: { ...ticket.closed, coupons } }, nowMs)
        tried = { eventId, nowMs }
        return accepted
      }
      const accepted = await admit('ticket', accept, card?.bill.cardHash)
      if (typeof accepted === 'string') throw new StorageUnavailable(accepted)
      return accepted
    },
    async waitingTickets(limit) {
      const { tickets, broken } = await read(() => outbox.waiting(limit))
      if (broken.length > 0) {
        await write((nowMs) => outbox.setAside(broken, nowMs))
        log.error(
          { eventIds: broken },
          'tickets were set aside: their seals are broken, so they cannot be read',
        )
      }
      return tickets
    },
    markPublished: (eventIds) => write((nowMs) => outbox.markPublished(eventIds, nowMs)),
    // Never refused for lack of room: it needs no more than the ticket did, and must not hold up those behind it.
    moveToDeadLetters: (eventId, reason) =>
      write((nowMs) => outbox.moveToDeadLetters(eventId, reason, nowMs)),
    async keepDeadLetter(message) {
      // A repeat is accepted even if there is no room.
      if (await read(() => deadLetters.isKept(message))) return
      const refusal = await admit('dead_letter', function* (nowMs) {
        // An earlier try may have used up the share of its venue.
        if (yield* deadLetters.isKept(message)) return undefined
        const reason = yield* limits.deadLetterShareTaken(message.venue.coreId)
        if (reason === undefined) yield* deadLetters.keepMessage(message, nowMs)
        return reason
      })
      if (refusal !== undefined) throw new StorageUnavailable(refusal)
    },
    deadLetters: () => read(() => deadLetters.list()),
  }
}

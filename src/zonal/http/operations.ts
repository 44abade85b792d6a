import type { Exchange } from '../../exchange.ts'
import { maskIds } from '../../loyalty/mask-ids.ts'
import type { Loyalty } from '../../loyalty/loyalty.ts'
import {
  maskCard,
  shownId,
  type Caller,
  type Operation,
  type PosFields,
  type Ticket,
  type What,
} from '../../model/words.ts'
import type { Metrics } from '../../observability/metrics.ts'
import type { Answer } from '../dialect.ts'
import { parseBalance, parseCredit, parseDebit } from '../messages/messages.ts'
import type { RawMessage } from '../messages/raw-message.ts'
import { parseTicket, type TicketSettings } from '../messages/ticket-message.ts'
import { findImplausible } from '../messages/time.ts'
import type { Pace } from './pace.ts'

export type OperationDeps = {
  loyalty: Loyalty
  settings: TicketSettings
  metrics: Pick<Metrics, 'unreadFields' | 'ticketTimesImplausible'>
  pace: Pace
}

/** One message of an approved till; `textLength` is that of its body. */
type Incoming = { message: RawMessage; textLength: number; caller: Caller; exchange: Exchange }

/** `onceSent`: what is left to do when the till has its answer. */
type Answered = { answer: Answer; onceSent?: () => void }

type Operations = Record<Operation, (incoming: Incoming) => Promise<Answered>>

/**
 * What each operation does: parse the message, have it done, and return the answer.
 * @throws Refusal for a message that cannot be used, and for what was not done
 */
export function createOperations({ loyalty, settings, metrics, pace }: OperationDeps): Operations {
  function parseBill({ message, caller, exchange }: Incoming): Ticket {
    const { ticket, unreadFields } = parseTicket(message, caller.venue, settings)
    if (unreadFields.length > 0) exchange.facts.unreadFields = unreadFields
    for (const field of unreadFields) metrics.unreadFields.inc({ message: 'ticket', field })
    // It is accepted all the same: a wrong clock is no reason to lose a bill.
    const direction = findImplausible(ticket.closedAtMs, exchange.arrivedAtMs)
    if (direction) metrics.ticketTimesImplausible.inc({ direction })
    exchange.facts.implausibleTime = direction
    return ticket
  }

  return {
    async balance({ message, caller, exchange }) {
      const request = parseBalance(message.fields, settings)
      logIds(request, exchange, loyalty)
      const balance = await loyalty.balance(request, caller, exchange)
      return { answer: { to: 'balance', cardNumber: request.cardNumber, balance } }
    },

    async debit({ message, caller, exchange }) {
      const request = parseDebit(message.fields, settings)
      logIds(request, exchange, loyalty)
      const { row, ...debit } = await loyalty.debit(request, caller, exchange)
      return {
        answer: { to: 'debit', transactionId: request.transactionId, ...debit },
        onceSent: () => void loyalty.markAnswered(row, exchange.span),
      }
    },

    async credit({ message, caller, exchange }) {
      const request = parseCredit(message.fields, settings)
      logIds(request, exchange, loyalty)
      const credit = await loyalty.credit(request, caller, exchange)
      return { answer: { to: 'credit', transactionId: request.transactionId, ...credit } }
    },

    async ticket(incoming) {
      const { textLength, caller, exchange } = incoming
      await pace(textLength)
      const bill = parseBill(incoming)
      logIds(bill, exchange, loyalty)
      return { answer: { to: 'ticket', ...(await loyalty.ticket(bill, caller, exchange)) } }
    },
  }
}

/** For the log line: what tells one request from another. Ids that hold the card number are hashed. */
function logIds(
  message: PosFields & { cardNumber?: string; ticketId?: string; what?: What },
  { facts, hide }: Exchange,
  { maskId }: Pick<Loyalty, 'maskId'>,
) {
  const { cardNumber } = message
  const { accountNumber, transactionId, ticketId, what } = maskIds(message, maskId)
  hide({ cardNumber })
  facts.card = cardNumber && maskCard(cardNumber)
  facts.account = accountNumber
  facts.transactionId = transactionId
  facts.ticketId = ticketId
  if (what?.kind === 'coupon') facts.rewardId = shownId(what)
  if (what?.kind === 'points') facts.points = what.points
}

import type { Config } from '../config/config.ts'
import { createExchange } from '../exchange.ts'
import { takenAfter } from '../journal/acts.ts'
import type { Act } from '../journal/audit.ts'
import type { Journal } from '../journal/journal.ts'
import type { OpenedDeadLetter } from '../journal/stored-tickets.ts'
import { createMaskId } from '../loyalty/mask-ids.ts'
import { createTicket } from '../loyalty/ticket.ts'
import { createKeyedHash } from '../model/keys.ts'
import type { Metrics } from '../observability/metrics.ts'
import { systemClock } from '../time/clock.ts'
import { DeadLetterStays, readAgain } from './unread-message.ts'

type Parts = { journal: Journal; config: Config; metrics: Metrics }

/** `text`: what happened, in words. `ticketId`, `isDuplicate`: only for a message that was read again. */
export type Sent = { text: string; ticketId?: string; isDuplicate?: boolean }

/**
 * Reads a dead letter again as the service does, or sends its ticket to Kafka again. The relay of a running service finds
 * the ticket by itself.
 *
 * @throws DeadLetterStays with the reason why it cannot be sent; it is kept
 */
export async function sendDeadLetter(parts: Parts, id: string, act: Act): Promise<Sent> {
  const deadLetter = await parts.journal.lookUps.openDeadLetter(id)
  if (!deadLetter) {
    const [earlier] = await parts.journal.lookUps.audit({ target: id, limit: 1 })
    // Sent a second time under one id: it is done.
    if (earlier?.id === act.id && earlier.act === 'send') return { text: earlier.after ?? takenAfter }
    throw new DeadLetterStays(`there is no dead letter ${id}`)
  }
  return deadLetter.kind === 'ticket'
    ? await sendTicket(parts, deadLetter, act)
    : await sendMessage(parts, deadLetter, act)
}

async function sendTicket(
  { journal }: Parts,
  { id, ticket: { closed } }: Extract<OpenedDeadLetter, { kind: 'ticket' }>,
  act: Act,
): Promise<Sent> {
  if (!(await journal.acts.requeueTicket(id, act)))
    throw new DeadLetterStays(`there is no dead letter ${id} any more`)
  return { text: `ticket ${closed.subject ?? closed.ticket.ticketId} waits for Kafka again` }
}

async function sendMessage(
  { journal, config, metrics }: Parts,
  { id, message }: Extract<OpenedDeadLetter, { kind: 'message' }>,
  act: Act,
): Promise<Sent> {
  const { withoutCard } = config.tickets
  const bill = await readAgain(message, { ...config.zonal, withoutCard })
  const hashCard = createKeyedHash(config.journal.cardHashKey)
  const maskId = createMaskId(hashCard)
  const acceptTicket = createTicket({
    ...{ journal, metrics, hashCard, maskId, withoutCard },
    wakeRelay: () => undefined,
  })
  const exchange = createExchange(systemClock, config.zonal.deadlineMs, { isBackground: true })
  const { venue, tenant } = message
  const { isDuplicate } = await acceptTicket(bill, { venue, credentials: { tenant } }, exchange)
  const ticketId = maskId(bill.ticketId, bill.cardNumber)
  if (!(await journal.acts.dropDeadLetter(id, 'send', act))) {
    if (isDuplicate) throw new DeadLetterStays(`there is no dead letter ${id} any more`)
    // Somebody has deleted it meanwhile. Its ticket is taken all the same, and that has to be written down.
    await journal.acts.note({ name: 'send', target: id, after: takenAfter }, act)
  }
  const text = isDuplicate
    ? `ticket ${ticketId} was accepted before; the dead letter is deleted`
    : `ticket ${ticketId} is accepted, like a new one`
  return { text, ticketId, isDuplicate }
}

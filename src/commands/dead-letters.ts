import type { DeadLetter, OpenedDeadLetter } from '../journal/stored-tickets.ts'
import type { Journal } from '../journal/journal.ts'
import { createCoverId } from '../loyalty/cover-ids.ts'
import { createKeyedHash } from '../model/keys.ts'
import { createTicket } from '../loyalty/ticket.ts'
import { createExchange } from '../exchange.ts'
import { systemClock } from '../time/clock.ts'
import {
  CommandFailed,
  runCommand,
  UsageWrong,
  type Action,
  type Answer,
  type Arguments,
  type CommandParts,
} from './command.ts'
import { toTable, toTime } from './lines.ts'
import { describeMessage, readableText, readAgain } from './unread-message.ts'

const usage = `Usage:
  dead-letters list       tickets that could not be read, or that Kafka refuses for good, newest first
  dead-letters show ID    shows one with its content, which may contain a card number
  dead-letters send ID    reads it again, or sends it to Kafka again
Options: --json
`

await runCommand(usage, choose)

function choose({ words, why, who }: Arguments): Action {
  const [verb, id, ...more] = words
  if (more.length > 0) throw new UsageWrong(`unexpected argument ${more[0]}`)
  if (why !== undefined || who !== undefined) throw new UsageWrong('--why and --who are only for redemptions')
  if (verb === 'list' && id === undefined) return ({ journal }) => list(journal)
  if (id === undefined) throw new UsageWrong(verb ? `${verb}: which dead letter?` : 'which command?')
  if (verb === 'show') return ({ journal }) => show(journal, id)
  if (verb === 'send') return (parts) => send(parts, id)
  throw new UsageWrong(`there is no command ${verb}`)
}

async function list(journal: Journal): Promise<Answer> {
  const deadLetters = await journal.deadLetters()
  if (deadLetters.length === 0) return { text: 'there are no dead letters', json: [] }
  const heads = ['ID', 'KEPT', 'VENUE', 'KIND', 'REASON']
  const rows = deadLetters.map(({ id, keptAtMs, venueId, kind, reason }) => [
    id,
    toTime(keptAtMs),
    venueId,
    kind,
    reason,
  ])
  return { text: toTable([heads, ...rows]), json: deadLetters }
}

async function show(journal: Journal, id: string): Promise<Answer> {
  const deadLetter = await find(journal, id)
  process.stderr.write('What follows may contain a card number: do not pass it on.\n')
  if (deadLetter.kind === 'ticket') {
    const content = JSON.stringify(deadLetter.ticket.closed, null, 2)
    return { text: `${toTable(describe(deadLetter))}\n\n${content}`, json: deadLetter }
  }
  const { message } = deadLetter
  const text = await readableText(message)
  const rows = [...describe(deadLetter), ...describeMessage(message)]
  return {
    text: `${toTable(rows)}\n\n${text === undefined ? `base64:\n${message.base64}` : text}`,
    json: { ...deadLetter, message: { ...message, text } },
  }
}

async function send({ journal, config, metrics }: CommandParts, id: string): Promise<Answer> {
  const deadLetter = await find(journal, id)
  if (deadLetter.kind === 'ticket') {
    await journal.requeueTicket(id)
    const { subject, ticket } = deadLetter.ticket.closed
    return { text: `ticket ${subject ?? ticket.ticketId} waits for Kafka again`, json: { id } }
  }
  const { venue, tenant } = deadLetter.message
  const { withoutCard } = config.tickets
  const bill = await readAgain(deadLetter.message, { ...config.zonal, withoutCard })
  const hashCard = createKeyedHash(config.journal.cardHashKey)
  const coverId = createCoverId(hashCard)
  const acceptTicket = createTicket({
    journal,
    metrics,
    hashCard,
    coverId,
    // The relay of the running service finds the ticket by itself.
    wakeRelay: () => undefined,
    withoutCard,
  })
  const exchange = createExchange(systemClock, config.zonal.deadlineMs, { isBackground: true })
  const { isDuplicate } = await acceptTicket(bill, { venue, credentials: { tenant } }, exchange)
  const ticketId = coverId(bill.ticketId, bill.cardNumber)
  await journal.dropDeadLetter(id)
  const text = isDuplicate
    ? `ticket ${ticketId} was accepted before; the dead letter is deleted`
    : `ticket ${ticketId} is accepted, like a new one`
  return { text, json: { id, ticketId, isDuplicate } }
}

async function find(journal: Journal, id: string): Promise<OpenedDeadLetter> {
  const deadLetter = await journal.openDeadLetter(id)
  if (!deadLetter) throw new CommandFailed(`there is no dead letter ${id}`)
  return deadLetter
}

function describe({ id, kind, venueId, reason, keptAtMs }: DeadLetter): string[][] {
  return [
    ['id', id],
    ['kind', kind],
    ['venue', venueId],
    ['kept', toTime(keptAtMs)],
    ['reason', reason],
  ]
}

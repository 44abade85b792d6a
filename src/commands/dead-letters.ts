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
  dead-letters show ID    with its content, which may hold a card number
  dead-letters send ID    reads it again, or sends it to Kafka again
Options: --json
`

await runCommand(usage, choose)

function choose({ words, why, who }: Arguments): Action {
  const [verb, id, ...more] = words
  if (more.length > 0) throw new UsageWrong(`too many words, from ${more[0]} on`)
  if (why !== undefined || who !== undefined) throw new UsageWrong('--why and --who say nothing here')
  if (verb === 'list' && id === undefined) return ({ journal }) => list(journal)
  if (id === undefined) throw new UsageWrong(verb ? `${verb}: which letter?` : 'which command?')
  if (verb === 'show') return ({ journal }) => show(journal, id)
  if (verb === 'send') return (parts) => send(parts, id)
  throw new UsageWrong(`there is no command ${verb}`)
}

async function list(journal: Journal): Promise<Answer> {
  const letters = await journal.deadLetters()
  if (letters.length === 0) return { text: 'there are no dead letters', json: [] }
  const heads = ['ID', 'KEPT', 'VENUE', 'KIND', 'REASON']
  const rows = letters.map(({ id, keptAtMs, venueId, kind, reason }) => [
    id,
    toTime(keptAtMs),
    venueId,
    kind,
    reason,
  ])
  return { text: toTable([heads, ...rows]), json: letters }
}

async function show(journal: Journal, id: string): Promise<Answer> {
  const letter = await find(journal, id)
  process.stderr.write('What follows may hold a card number: pass it on to nobody.\n')
  if (letter.kind === 'ticket') {
    const content = JSON.stringify(letter.ticket.closed, null, 2)
    return { text: `${toTable(describe(letter))}\n\n${content}`, json: letter }
  }
  const { message } = letter
  const text = await readableText(message)
  const rows = [...describe(letter), ...describeMessage(message)]
  return {
    text: `${toTable(rows)}\n\n${text === undefined ? `base64:\n${message.base64}` : text}`,
    json: { ...letter, message: { ...message, text } },
  }
}

async function send({ journal, config, metrics }: CommandParts, id: string): Promise<Answer> {
  const letter = await find(journal, id)
  if (letter.kind === 'ticket') {
    await journal.requeueTicket(id)
    const { subject, ticket } = letter.ticket.closed
    return { text: `ticket ${subject ?? ticket.ticketId} waits for Kafka again`, json: { id } }
  }
  const { venue, tenant } = letter.message
  const { withoutCard } = config.tickets
  const bill = await readAgain(letter.message, { ...config.zonal, withoutCard })
  const hashCard = createKeyedHash(config.journal.cardHashKey)
  const acceptTicket = createTicket({
    journal,
    metrics,
    hashCard,
    // The relay of the service finds it by itself.
    wakeRelay: () => undefined,
    withoutCard,
  })
  const exchange = createExchange(systemClock, config.zonal.deadlineMs, { isBackground: true })
  const { isDuplicate } = await acceptTicket(bill, { venue, credentials: { tenant } }, exchange)
  const ticketId = createCoverId(hashCard)(bill.ticketId, bill.cardNumber)
  await journal.dropDeadLetter(id)
  const text = isDuplicate
    ? `ticket ${ticketId} was taken in before; the letter is gone`
    : `ticket ${ticketId} is taken in, like one that has just come`
  return { text, json: { id, ticketId, isDuplicate } }
}

async function find(journal: Journal, id: string): Promise<OpenedDeadLetter> {
  const letter = await journal.openDeadLetter(id)
  if (!letter) throw new CommandFailed(`there is no dead letter ${id}`)
  return letter
}

function describe({ id, kind, venueId, reason, keptAtMs }: DeadLetter): string[][] {
  return [
    ['letter', id],
    ['kind', kind],
    ['venue', venueId],
    ['kept', toTime(keptAtMs)],
    ['reason', reason],
  ]
}

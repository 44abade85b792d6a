import type { DeadLetter, OpenedDeadLetter } from '../journal/stored-tickets.ts'
import type { Journal } from '../journal/journal.ts'
import { sendDeadLetter } from '../dead-letters/send.ts'
import { DeadLetterStays, describeMessage, readableText } from '../dead-letters/unread-message.ts'
import type { Act } from '../journal/audit.ts'
import { actOf, actOptions, decisionOf, type ActOptions } from './act-of.ts'
import {
  CommandFailed,
  runCommand,
  UsageWrong,
  type Action,
  type Answer,
  type CommandParts,
} from './command.ts'
import { toTable, toTime } from './lines.ts'
import { readSince, refuseMore, refuseOptions, unknownVerb } from './options.ts'

const usage = `Usage:
  dead-letters list                           tickets that could not be read, or that Kafka refuses for good, newest first
  dead-letters show ID                        shows one with its content, which may contain a card number
  dead-letters send ID                        reads it again, or sends it to Kafka again
  dead-letters drop ID --why TEXT             deletes one: its bill is not sent any more
  dead-letters send --venue V [--since TIME]  says how many there are of this venue; with --yes it sends them, oldest first
Options:
  --venue VENUE   only of this Aztec venue ID
  --since TIME    only those kept since; an ISO 8601 time, or 30m, 12h, 7d
  --yes           with send --venue: send them
  --why TEXT      with drop and send: kept in the audit for whoever asks later
  --who NAME      with show, drop and send: for the audit (default: the name of the system user)
  --json          for scripts
`

const options = {
  venue: { type: 'string' },
  since: { type: 'string' },
  yes: { type: 'boolean', default: false },
  ...actOptions,
} as const
type Options = ActOptions & {
  words: string[]
  venue?: string | undefined
  since?: string | undefined
  yes: boolean
}
type Filter = { venueId: string | undefined; sinceMs: number }

await runCommand(usage, options, choose)

function choose({ words, venue, since, yes, who, why }: Options): Action {
  const [verb, written, ...more] = words
  const id = written?.toLowerCase()
  refuseMore(more)
  const isOfSeveral = id === undefined && (verb === 'list' || verb === 'send')
  refuseOptions({ venue, since }, isOfSeveral, 'list, and send without an ID')
  refuseOptions({ yes }, isOfSeveral && verb === 'send', 'send without an ID')
  refuseOptions({ why }, verb === 'send' || verb === 'drop', 'send and drop')
  refuseOptions({ who }, verb === 'send' || verb === 'drop' || verb === 'show', 'show, send and drop')
  const filter = { venueId: venue, sinceMs: since === undefined ? 0 : readSince(since) }
  if (verb === 'list' && id === undefined) return ({ journal }) => list(journal, filter)
  if (verb === 'send' && id === undefined) {
    if (venue === undefined) throw new UsageWrong('send: which dead letter, or --venue of which venue?')
    return (parts) => sendSeveral(parts, filter, { isAgreed: yes, who, why })
  }
  if (id === undefined) throw new UsageWrong(verb ? `${verb}: which dead letter?` : 'which command?')
  if (verb === 'show') return ({ journal }) => show(journal, id, actOf({ who }))
  if (verb === 'send') return (parts) => send(parts, id, actOf({ who, why }))
  if (verb === 'drop') {
    const act = decisionOf('drop', { who, why })
    return (parts) => drop(parts, id, act)
  }
  throw unknownVerb(verb)
}

async function list(journal: Journal, filter: Filter): Promise<Answer> {
  const deadLetters = await find(journal, filter)
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

async function show(journal: Journal, id: string, act: Act): Promise<Answer> {
  const deadLetter = await openOne(journal, id)
  await journal.acts.note({ name: 'see_content', target: id }, act)
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

async function send(parts: CommandParts, id: string, act: Act): Promise<Answer> {
  const { text, ...sent } = await sendDeadLetter(parts, id, act)
  return { text, json: { id, ...sent } }
}

async function drop({ journal }: CommandParts, id: string, act: Act): Promise<Answer> {
  if (!(await journal.acts.dropDeadLetter(id, 'drop', act))) throw noDeadLetter(id)
  return { text: `dead letter ${id} is deleted`, json: { id } }
}

/** One that cannot be sent holds up no other. */
async function sendSeveral(
  parts: CommandParts,
  filter: Filter,
  { isAgreed, ...options }: ActOptions & { isAgreed: boolean },
): Promise<Answer> {
  const { journal } = parts
  const chosen = (await find(journal, filter)).toReversed()
  const count = `${chosen.length} dead ${chosen.length === 1 ? 'letter' : 'letters'} of venue ${filter.venueId}`
  if (chosen.length === 0) return { text: `there are no dead letters of venue ${filter.venueId}`, json: [] }
  if (!isAgreed)
    return { text: `${count}. Add --yes to send them, oldest first.`, json: chosen.map(({ id }) => ({ id })) }
  const results = []
  for (const { id } of chosen) results.push(await sendOne(parts, id, actOf(options)))
  const failed = results.filter(({ isSent }) => !isSent)
  if (failed.length > 0) process.exitCode = 1
  const lines = results.map(({ id, said }) => `${id}  ${said}`)
  const summary = `${results.length - failed.length} of ${count} are sent${failed.length > 0 ? '; the others are kept' : ''}`
  return { text: [...lines, '', summary].join('\n'), json: results }
}

async function sendOne(parts: CommandParts, id: string, act: Act) {
  try {
    const { text: said } = await send(parts, id, act)
    return { id, isSent: true, said }
  } catch (error) {
    if (!(error instanceof DeadLetterStays)) throw error
    return { id, isSent: false, said: error.message }
  }
}

async function find(journal: Journal, { venueId, sinceMs }: Filter): Promise<DeadLetter[]> {
  const all = await journal.deadLetters()
  return all.filter((each) => (venueId === undefined || each.venueId === venueId) && each.keptAtMs >= sinceMs)
}

async function openOne(journal: Journal, id: string): Promise<OpenedDeadLetter> {
  const deadLetter = await journal.lookUps.openDeadLetter(id)
  if (!deadLetter) throw noDeadLetter(id)
  return deadLetter
}

function noDeadLetter(id: string): CommandFailed {
  return new CommandFailed(`there is no dead letter ${id}`)
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

import type { DiaryEntry } from '../diary/entry.ts'
import { gatherId, type Gathered } from '../timeline/gather.ts'
import { daysLookedAt, findSilentVenues } from '../timeline/silent.ts'
import {
  CommandFailed,
  runCommand,
  UsageWrong,
  type Action,
  type Answer,
  type CommandParts,
} from './command.ts'
import { toTable, toTime } from './lines.ts'
import { refuseMore, refuseOptions, unknownVerb } from './options.ts'

const usage = `Usage:
  tickets find ID    lists the tickets with this id: the till's own, or that of the event in Kafka
  tickets show ID    shows one: when it was taken, whether it waits or is in Kafka, and where
  tickets silent     lists venues that usually send something at this time of the day, and have not
Options:
  --hours N   with silent: for at least how many hours nothing was heard (default: 2)
  --json      for scripts
`

const hourMs = 3_600_000

const waiting = 'taken, and waiting for Kafka'

const options = { hours: { type: 'string' } } as const

await runCommand(usage, options, choose)

function choose({ words, hours }: { words: string[]; hours?: string | undefined }): Action {
  const [verb, id, ...more] = words
  refuseMore(more)
  refuseOptions({ hours }, verb === 'silent', 'silent')
  if (verb === 'silent' && id === undefined) {
    const count = Number(hours ?? 2)
    if (!(count > 0 && count <= 24)) throw new UsageWrong(`--hours ${hours} must be above 0 and at most 24`)
    return (parts) => listSilent(parts, count * hourMs)
  }
  if (verb !== 'find' && verb !== 'show') throw unknownVerb(verb)
  if (id === undefined) throw new UsageWrong(`${verb}: which ticket?`)
  return (parts) => (verb === 'find' ? find(parts, id) : show(parts, id))
}

/** A ticket, once for each event that it has become, and each time it was not taken. */
type Found = {
  ticketId: string | undefined
  eventId: string | undefined
  venueId: string | undefined
  account: string | undefined
  heardAtMs: number
  state: string
}

async function find(parts: CommandParts, id: string): Promise<Answer> {
  const found = await search(parts, id)
  const rows = found.map(({ ticketId, eventId, venueId, account, heardAtMs, state }) => [
    ticketId ?? '-',
    eventId ?? '-',
    venueId ?? '-',
    account ?? '-',
    toTime(heardAtMs),
    state,
  ])
  return {
    text: toTable([['TICKET', 'EVENT', 'VENUE', 'BILL', 'FIRST HEARD', 'STATE'], ...rows]),
    json: found,
  }
}

async function show(parts: CommandParts, id: string): Promise<Answer> {
  const found = await search(parts, id)
  const [only] = found
  if (!only || found.length > 1)
    throw new CommandFailed(
      `there are ${found.length} tickets with the id ${id}: see tickets find ${id}, and name the event`,
    )
  const rows = [
    ['ticket', only.ticketId ?? '-'],
    ['event', only.eventId ?? '-'],
    ['venue', only.venueId ?? '-'],
    ['bill', only.account ?? '-'],
    ['first heard', toTime(only.heardAtMs)],
    ['state', only.state],
  ]
  return { text: toTable(rows), json: only }
}

/** @throws CommandFailed if there is none */
async function search({ journal, diary }: CommandParts, id: string): Promise<Found[]> {
  const reader = await diary()
  const gathered = await gatherId({ diary: reader, journal: journal.lookUps }, id)
  const ofTickets = gathered.entries.filter(({ message }) => message === 'ticket').toReversed()
  const firstOfEach = new Map(
    ofTickets.map((entry) => [entry.eventId ?? entry.requestId, entry] as const).toReversed(),
  )
  const found = [...firstOfEach.values()].toReversed().map((entry) => toFound(entry, gathered))
  if (found.length > 0) return found
  // Without a diary only the journal knows it, and only by the event.
  const [ticket] = await journal.lookUps.ticketsByEventIds([id.toLowerCase()])
  if (!ticket)
    throw new CommandFailed(
      `there is no ticket ${id}${reader ? '' : '. There is no diary, so only the id of the event in Kafka is known'}`,
    )
  const { eventId, takenAtMs, publishedAtMs } = ticket
  const state = publishedAtMs === undefined ? waiting : `in Kafka since ${toTime(publishedAtMs)}`
  return [
    { ticketId: undefined, eventId, venueId: undefined, account: undefined, heardAtMs: takenAtMs, state },
  ]
}

function toFound(entry: DiaryEntry, gathered: Gathered): Found {
  const { ticketId, eventId, venueId, account, atMs: heardAtMs } = entry
  return { ticketId, eventId, venueId, account, heardAtMs, state: stateOf(entry, gathered) }
}

function stateOf({ eventId, code, facts }: DiaryEntry, { entries, tickets }: Gathered): string {
  if (eventId === undefined) {
    const heard = facts.unheardCode ?? code
    if (facts.isKept) return `not read (${heard}), and kept as a dead letter`
    return heard === 'OK' ? 'taken, and not for Kafka: it has no card' : `not taken: ${heard}`
  }
  const published = entries.find((each) => each.message === 'published' && each.eventId === eventId)
  const { topic, partition, offset } = published?.facts ?? {}
  if (published)
    return `in Kafka since ${toTime(published.atMs)}: topic ${topic}, partition ${partition}, offset ${offset}`
  const ticket = tickets.find((each) => each.eventId === eventId)
  if (ticket?.publishedAtMs !== undefined)
    return `no longer waiting since ${toTime(ticket.publishedAtMs)}: in Kafka, or a dead letter`
  return ticket ? waiting : 'taken; the journal has forgotten it since'
}

async function listSilent({ diary }: CommandParts, lengthMs: number): Promise<Answer> {
  const reader = await diary()
  if (!reader) throw new CommandFailed('there is no diary, so it is not known when venues usually speak')
  const silent = await findSilentVenues(reader, lengthMs, Date.now())
  if (silent.length === 0)
    return { text: 'no venue that usually sends something at this time is silent', json: [] }
  const rows = silent.map(({ venueId, spokenOnDays, lastHeardAtMs }) => [
    venueId,
    toTime(lastHeardAtMs),
    `${spokenOnDays} of ${daysLookedAt}`,
  ])
  return {
    text: toTable([['VENUE', 'LAST HEARD', 'DAYS WITH MESSAGES AT THIS TIME'], ...rows]),
    json: silent,
  }
}

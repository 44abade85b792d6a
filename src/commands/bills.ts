import type { Config } from '../config/config.ts'
import { always, type Period } from '../diary/look-ups.ts'
import { createKeyedHash } from '../model/keys.ts'
import { dayOf, periodOf, zoneOf } from '../timeline/day.ts'
import { gatherBill, gatherCard, gatherId, type Gathered, type Sources } from '../timeline/gather.ts'
import { toText, toTimeline } from '../timeline/timeline.ts'
import { askCardNumber, refuseCardArgument } from './ask-card.ts'
import {
  CommandFailed,
  runCommand,
  UsageWrong,
  type Action,
  type Answer,
  type CommandParts,
} from './command.ts'
import { refuseMore, unknownVerb } from './options.ts'

const usage = `Usage:
  bills show --venue VENUE --account BILL   tells what happened to a bill, the oldest first
  bills card                                asks for a card number on standard input, and tells what happened with that card
  bills find ID                             tells what happened to a request, transaction, redemption or ticket, by its id;
                                            of a request or redemption its first 8 characters are enough
Options:
  --venue VENUE         the Aztec venue ID
  --account BILL        the number of the bill, as the till sends it
  --on DATE             of this day (2026-11-23), from four in the morning; without it of the last day of which something is known
  --trifft-venue ID     TRIFFT's id of the venue, if two projects use one Aztec venue ID
  --json                for scripts
`

const options = {
  venue: { type: 'string' },
  account: { type: 'string' },
  on: { type: 'string' },
  'trifft-venue': { type: 'string' },
} as const
type Options = { [Name in keyof typeof options]?: string | undefined } & { words: string[] }

type Bill = { venueId: string; account: string }
type Wanted = { on: string | undefined; trifftVenue: string | undefined }

await runCommand(usage, options, choose)

function choose({ words, venue, account, on, 'trifft-venue': trifftVenue }: Options): Action {
  const [verb, id, ...more] = words
  const wanted = { on, trifftVenue }
  refuseMore(more)
  if (on !== undefined && !periodOf(on, 'UTC'))
    throw new UsageWrong(`--on ${on} is not a date, such as 2026-11-23`)
  if (verb !== 'show' && (venue ?? account) !== undefined)
    throw new UsageWrong('--venue and --account are only for show')
  if (verb === 'show' && id === undefined) {
    if (venue === undefined || account === undefined)
      throw new UsageWrong('show: --venue and --account are needed')
    return (parts) => show(parts, { venueId: venue, account }, wanted)
  }
  if (verb === 'card') {
    refuseCardArgument(id)
    return (parts) => showCard(parts, wanted)
  }
  if (verb === 'find' && id !== undefined && on === undefined) return (parts) => find(parts, id, wanted)
  if (verb === 'find')
    throw new UsageWrong(id === undefined ? 'find: which ID?' : '--on is only for show and card')
  throw unknownVerb(verb)
}

async function show(parts: CommandParts, bill: Bill, wanted: Wanted): Promise<Answer> {
  const sources = await sourcesOf(parts)
  const name = `bill ${bill.account} at venue ${bill.venueId}`
  const zone = zoneOf(bill.venueId, parts.config.zonal)
  return await tell({
    ...{ name, zone, wanted, config: parts.config, isOfBill: true },
    gather: (period) => gatherBill(sources, bill, period),
  })
}

async function showCard(parts: CommandParts, wanted: Wanted): Promise<Answer> {
  const { config } = parts
  const sources = await sourcesOf(parts)
  const cardHash = createKeyedHash(config.journal.cardHashKey)(await askCardNumber(config.zonal.cardPrefixes))
  return await tell({
    ...{ name: 'this card', zone: config.zonal.timeZone, wanted, config, isOfBill: false },
    gather: (period) => gatherCard(sources, cardHash, period),
  })
}

/** What an id names is told with all else about its bill. */
async function find(parts: CommandParts, id: string, wanted: Wanted): Promise<Answer> {
  const { config } = parts
  const found = await gatherId(await sourcesOf(parts), id)
  if (isEmpty(found))
    throw new CommandFailed(
      `nothing is known of ${id}. Ids are looked up as they are written; only of a request or redemption the beginning is enough`,
    )
  const bills = billsOf(found, config)
  const [only] = bills
  if (only && bills.length === 1) return await show(parts, only, { ...wanted, on: only.on })
  if (bills.length > 1) {
    const lines = bills.map(
      (bill) => `bills show --venue ${bill.venueId} --account ${bill.account} --on ${bill.on}`,
    )
    return { text: [`${id} is on ${bills.length} bills:`, ...lines].join('\n'), json: { bills } }
  }
  const zone = zoneOf(found.entries[0]?.venueId ?? '', config.zonal)
  return answer(found, { name: id, zone, config, isOfBill: false, otherDays: [] })
}

/** @returns each bill once, on each of its days, the last first */
function billsOf({ entries, redemptions }: Gathered, { zonal }: Config): (Bill & { on: string })[] {
  const seen = [
    ...entries.map(({ venueId, account, atMs }) => ({ venueId, account, atMs })),
    ...redemptions.map(({ venueId, account, createdAtMs: atMs }) => ({ venueId, account, atMs })),
  ]
  const bills = seen.flatMap(({ venueId, account, atMs }) =>
    account === undefined ? [] : [{ venueId, account, on: dayOf(atMs, zoneOf(venueId, zonal)) }],
  )
  return [...new Map(bills.map((bill) => [JSON.stringify(bill), bill])).values()].toSorted((a, b) =>
    b.on.localeCompare(a.on),
  )
}

type Telling = { name: string; zone: string; config: Config; isOfBill: boolean }

/** @throws CommandFailed if nothing is known, or if two venues of TRIFFT have this Aztec ID */
async function tell({
  gather,
  wanted: { on, trifftVenue },
  ...telling
}: Telling & { gather: (period: Period) => Promise<Gathered>; wanted: Wanted }): Promise<Answer> {
  const { name, zone, isOfBill } = telling
  const everything = ofVenue(await gather(always), trifftVenue)
  if (isOfBill) refuseTwoVenues(everything, name)
  const times = [
    ...everything.entries.map(({ atMs }) => atMs),
    ...everything.redemptions.map(({ createdAtMs }) => createdAtMs),
  ]
  const days = [...new Set(times.map((atMs) => dayOf(atMs, zone)))].toSorted().toReversed()
  const day = on ?? days[0]
  const period = day === undefined ? undefined : periodOf(day, zone)
  const found = period && ofVenue(await gather(period), trifftVenue)
  const others = days.filter((each) => each !== day)
  if (!found || isEmpty(found)) throw new CommandFailed(unknown(name, on, others))
  return answer(found, { ...telling, otherDays: others })
}

function unknown(name: string, on: string | undefined, others: string[]): string {
  if (on === undefined) return `nothing is known of ${name}`
  const hint = others.length > 0 ? `, but of ${others.join(', ')}` : ''
  return `nothing is known of ${name} on ${on}${hint}`
}

function answer(
  found: Gathered,
  { name, zone, config, isOfBill, otherDays }: Telling & { otherDays: string[] },
): Answer {
  const timeline = toTimeline(found, config.zonal.language)
  const { redemptions, tickets } = found
  const also = otherDays.length > 0 ? `\n\nAlso on ${otherDays.join(', ')}: see --on.` : ''
  return {
    text: `What is known of ${name}\n\n${toText(timeline, zone, { namesBill: !isOfBill })}${also}`,
    json: { timeZone: zone, ...timeline, redemptions, tickets, otherDays },
  }
}

function ofVenue(found: Gathered, trifftVenue: string | undefined): Gathered {
  if (trifftVenue === undefined) return found
  const isOfIt = ({ venue }: { venue: string | undefined }) => venue === undefined || venue === trifftVenue
  return { ...found, entries: found.entries.filter(isOfIt), redemptions: found.redemptions.filter(isOfIt) }
}

function refuseTwoVenues({ entries, redemptions }: Gathered, name: string) {
  const venues = new Set([...entries, ...redemptions].flatMap(({ venue }) => venue ?? []))
  if (venues.size > 1)
    throw new CommandFailed(
      `${name} belongs to ${venues.size} TRIFFT projects. Which one is meant? Add one of these:\n${[...venues].map((venue) => `  --trifft-venue ${venue}`).join('\n')}`,
    )
}

function isEmpty({ entries, redemptions }: Gathered): boolean {
  return entries.length === 0 && redemptions.length === 0
}

async function sourcesOf({ journal, diary }: CommandParts): Promise<Sources> {
  return { diary: await diary(), journal: journal.lookUps }
}

import type { Config } from '../config/config.ts'
import type { Period } from '../diary/look-ups.ts'
import type { Act } from '../journal/audit.ts'
import { createKeyedHash } from '../model/keys.ts'
import { maskCard } from '../model/words.ts'
import { periodOf, zoneOf } from '../timeline/day.ts'
import { billsOf, findDay, isEmpty, type Wanted } from '../timeline/find-day.ts'
import { gatherBill, gatherCard, gatherId, type Gathered, type Sources } from '../timeline/gather.ts'
import { toText, toTimeline } from '../timeline/timeline.ts'
import { actOf } from './act-of.ts'
import { askCardNumber, refuseCardArgument } from './ask-card.ts'
import {
  CommandFailed,
  runCommand,
  UsageWrong,
  type Action,
  type Answer,
  type CommandParts,
} from './command.ts'
import { refuseMore, refuseOptions, unknownVerb } from './options.ts'

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
  --who NAME            with card: for the audit (default: the name of the system user)
  --json                for scripts
`

const options = {
  venue: { type: 'string' },
  account: { type: 'string' },
  on: { type: 'string' },
  'trifft-venue': { type: 'string' },
  who: { type: 'string' },
} as const
type Options = { [Name in keyof typeof options]?: string | undefined } & { words: string[] }

type Bill = { venueId: string; account: string }

await runCommand(usage, options, choose)

function choose({ words, venue, account, on, 'trifft-venue': trifftVenue, who }: Options): Action {
  const [verb, id, ...more] = words
  const wanted = { on, trifftVenue }
  refuseMore(more)
  refuseOptions({ who }, verb === 'card', 'card')
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
    return (parts) => showCard(parts, wanted, actOf({ who }))
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

async function showCard(parts: CommandParts, wanted: Wanted, act: Act): Promise<Answer> {
  const { config, journal } = parts
  const sources = await sourcesOf(parts)
  const cardNumber = await askCardNumber(config.zonal.cardPrefixes)
  await journal.acts.note({ name: 'find_card', target: maskCard(cardNumber) }, act)
  const cardHash = createKeyedHash(config.journal.cardHashKey)(cardNumber)
  return await tell({
    ...{ name: 'this card', zone: config.zonal.timeZone, wanted, config, isOfBill: false },
    gather: (period) => gatherCard(sources, cardHash, period),
  })
}

/** Shows the whole bill that an id belongs to, or lists the bills if there are several. */
async function find(parts: CommandParts, id: string, wanted: Wanted): Promise<Answer> {
  const { config } = parts
  const found = await gatherId(await sourcesOf(parts), id)
  if (isEmpty(found))
    throw new CommandFailed(
      `nothing is known of ${id}. Ids of tills are looked up as they are written; only of a request or redemption the beginning is enough`,
    )
  const bills = billsOf(found, config.zonal)
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

type Telling = { name: string; zone: string; config: Config; isOfBill: boolean }

/** @throws CommandFailed if nothing is known, or if two venues of TRIFFT have this Aztec ID */
async function tell({
  gather,
  wanted,
  ...telling
}: Telling & { gather: (period: Period) => Promise<Gathered>; wanted: Wanted }): Promise<Answer> {
  const { name } = telling
  const looked = await findDay(gather, wanted, telling)
  if (looked.kind === 'ambiguous') throw ambiguous(name, looked.venues)
  const { otherDays } = looked
  if (looked.kind === 'unknown') throw new CommandFailed(unknown(name, wanted.on, otherDays))
  return answer(looked.found, { ...telling, otherDays })
}

function ambiguous(name: string, venues: string[]): CommandFailed {
  return new CommandFailed(
    `${name} belongs to ${venues.length} TRIFFT projects. Which one is meant? Add one of these:\n${venues.map((venue) => `  --trifft-venue ${venue}`).join('\n')}`,
  )
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

async function sourcesOf({ journal, diary }: CommandParts): Promise<Sources> {
  return { diary: await diary(), journal: journal.lookUps }
}

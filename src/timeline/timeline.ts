import type { DiaryEntry } from '../diary/entry.ts'
import type { RedemptionRecord } from '../redemptions/record.ts'
import type { Language } from '../zonal/catalogue.ts'
import { clockTime, dayOf } from './day.ts'
import type { Gathered } from './gather.ts'
import { tellAct, tellDecision, tellEntry, tellState, type EventText } from './words.ts'

/** `entry` is the row of the diary that it is told from; undefined for what only the journal has. */
export type TimelineEvent = EventText & { atMs: number; entry: DiaryEntry | undefined }

/** What happened, the oldest first, and how it stands now. */
export type Timeline = { events: TimelineEvent[]; now: string[]; isCut: boolean }

/** @returns each message, call to TRIFFT, undo, publication and decision, in the words that the operator saw */
export function toTimeline(
  { entries, redemptions, tickets, acts, isCut }: Gathered,
  language: Language,
): Timeline {
  const told = entries.map((entry) => ({ atMs: entry.atMs, entry, ...tellEntry(entry, language) }))
  const named = new Set(
    entries.flatMap(({ redemptionId, message }) => (message === 'undo' ? [] : (redemptionId ?? []))),
  )
  const ofJournal = redemptions.flatMap((record) => [
    ...(named.has(record.id) ? [] : tellMissing(record)),
    ...(acts.some(({ target }) => target === record.id) ? [] : tellDecided(record)),
  ])
  const decided = acts.map((act) => ({ atMs: act.atMs, entry: undefined, ...tellAct(act) }))
  const waiting = tickets.filter(({ publishedAtMs }) => publishedAtMs === undefined)
  return {
    events: [...told, ...ofJournal, ...decided].toSorted((a, b) => a.atMs - b.atMs),
    now: [
      ...redemptions.map((record) => tellState(record, language)),
      ...waiting.map(({ eventId }) => `The ticket of event ${eventId} is on disk and waits for Kafka.`),
    ],
    isCut,
  }
}

/** The diary may have let its row go, or be younger. */
function tellMissing(record: RedemptionRecord): TimelineEvent[] {
  const title = `A debit from card ${record.cardMasked}, redemption ${record.id}. The diary has no row of it.`
  return [{ atMs: record.createdAtMs, entry: undefined, title, details: [] }]
}

/** Decided before there was an audit. */
function tellDecided(record: RedemptionRecord): TimelineEvent[] {
  const told = tellDecision(record)
  return told && record.settled ? [{ atMs: record.settled.atMs, entry: undefined, ...told }] : []
}

/**
 * @param namesBill whether each event says of which venue and bill it is
 * @returns a timeline as text: a day's heading where a day begins, times of the venue, one event after the other
 */
export function toText(
  { events, now, isCut }: Timeline,
  timeZone: string,
  { namesBill }: { namesBill: boolean },
): string {
  let day = ''
  const lines = events.flatMap(({ atMs, title, details, entry }) => {
    const itsDay = dayOf(atMs, timeZone)
    const heading =
      itsDay === day ? [] : [...(day === '' ? [] : ['']), `${itsDay} (times of ${timeZone})`, '']
    day = itsDay
    return [
      ...heading,
      `${clockTime(atMs, timeZone)}  ${namesBill ? placeOf(entry) : ''}${title}`,
      ...details.map((each) => `          ${each}`),
    ]
  })
  return [
    ...(isCut ? ['Older rows were left out: name a day with --on.', ''] : []),
    ...lines,
    ...(now.length > 0 ? ['', 'Now:', ...now.map((each) => `  ${each}`)] : []),
  ].join('\n')
}

function placeOf(entry: DiaryEntry | undefined): string {
  if (!entry?.venueId) return ''
  return `Venue ${entry.venueId}${entry.account === undefined ? '' : `, bill ${entry.account}`}: `
}

import type { DiaryEntry } from '../diary/entry.ts'
import {
  entriesAbout,
  maxEntries,
  newestFirst,
  entriesOfBill,
  entriesOfCard,
  entriesOfId,
  type Period,
} from '../diary/look-ups.ts'
import type { Reader } from '../journal/reader.ts'
import type { AuditEntry } from '../journal/audit.ts'
import type { LookUps, TicketRecord } from '../journal/look-ups.ts'
import type { RedemptionRecord } from '../redemptions/record.ts'

/** `diary` is undefined if there is none. */
export type Sources = { diary: Reader | undefined; journal: LookUps }

/** All that is known of one thing: the diary's rows, the newest first, and what the journal has of it. */
export type Gathered = {
  entries: DiaryEntry[]
  redemptions: RedemptionRecord[]
  tickets: TicketRecord[]
  /** What people decided about the redemptions. */
  acts: AuditEntry[]
  /** Older rows were left out. */
  isCut: boolean
}

/** @returns all about a bill within the period; `venueId` is the Aztec venue ID */
export async function gatherBill(
  { diary, journal }: Sources,
  bill: { venueId: string; account: string },
  period: Period,
): Promise<Gathered> {
  const entries = (await diary?.read(() => entriesOfBill(bill, period))) ?? []
  const inPeriod = ({ createdAtMs }: RedemptionRecord) =>
    createdAtMs >= period.fromMs && createdAtMs < period.toMs
  const redemptions = (await journal.redemptionsOfBill(bill)).filter(inPeriod)
  return await complete({ diary, journal }, entries, redemptions)
}

/** @returns all about a card within the period, at every venue */
export async function gatherCard(sources: Sources, cardHash: string, period: Period): Promise<Gathered> {
  const entries = (await sources.diary?.read(() => entriesOfCard(cardHash, period))) ?? []
  return await complete(sources, entries, [])
}

/** @returns all that an id names: of a request, transaction, redemption or ticket */
export async function gatherId(sources: Sources, id: string): Promise<Gathered> {
  const entries = (await sources.diary?.read(() => entriesOfId(id))) ?? []
  const beginning = id.toLowerCase()
  const isBeginning = /^[0-9a-f-]{8,36}$/.test(beginning)
  const redemptions = isBeginning ? await sources.journal.redemptionsByBeginning(beginning) : []
  return await complete(sources, entries, redemptions)
}

/** Adds what the rows lead to: redemptions, tries to give back, tickets, and where Kafka has them. */
async function complete(
  { diary, journal }: Sources,
  entries: DiaryEntry[],
  redemptions: RedemptionRecord[],
): Promise<Gathered> {
  const known = redemptions.map(({ id }) => id)
  const named = entries.flatMap(({ redemptionId }) => redemptionId ?? [])
  const redemptionIds = [...new Set([...known, ...named])]
  const eventIds = [...new Set(entries.flatMap(({ eventId }) => eventId ?? []))]
  const more = (await diary?.read(() => entriesAbout({ redemptionIds, eventIds }))) ?? []
  const all = [...redemptions, ...(await journal.redemptionsByIds(named.filter((id) => !known.includes(id))))]
  return {
    entries: newestFirst([...entries, ...more]),
    redemptions: all.toSorted((a, b) => a.createdAtMs - b.createdAtMs),
    tickets: await journal.ticketsByEventIds(eventIds),
    acts: await journal.actsOn(all.map(({ id }) => id)),
    isCut: entries.length >= maxEntries,
  }
}

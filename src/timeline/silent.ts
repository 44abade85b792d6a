import { lastSpokeMs, type Period } from '../diary/look-ups.ts'
import type { Reader } from '../journal/reader.ts'
import { operations } from '../model/words.ts'

const dayMs = 24 * 60 * 60 * 1000
/** A venue usually speaks if it did so at this time on as many of the last seven days. */
export const daysLookedAt = 7
const usualDays = 4

/** `lastHeardAtMs`: epoch ms; undefined if the diary has let it go. `spokenOnDays`: of the last seven. */
export type SilentVenue = { venueId: string; lastHeardAtMs: number | undefined; spokenOnDays: number }

/**
 * @param lengthMs nothing was heard of them for so long
 * @returns venues that usually send something at this time of the day, and have not, the longest silent first
 */
export async function findSilentVenues(
  reader: Reader,
  lengthMs: number,
  nowMs: number,
): Promise<SilentVenue[]> {
  const spoke = (daysAgo: number) => {
    const toMs = nowMs - daysAgo * dayMs
    return readSpoken(reader, { fromMs: toMs - lengthMs, toMs })
  }
  const now = await spoke(0)
  const days = new Map<string, number>()
  for (let daysAgo = 1; daysAgo <= daysLookedAt; daysAgo++)
    for (const venueId of (await spoke(daysAgo)).keys()) days.set(venueId, (days.get(venueId) ?? 0) + 1)
  const silent = [...days].filter(([venueId, spokenOn]) => spokenOn >= usualDays && !now.has(venueId))
  const venueIds = silent.map(([venueId]) => venueId)
  const last = await findLastMs(reader, venueIds, {
    fromMs: nowMs - daysLookedAt * dayMs - lengthMs,
    toMs: nowMs,
  })
  return silent
    .map(([venueId, spokenOnDays]) => ({ venueId, spokenOnDays, lastHeardAtMs: last.get(venueId) }))
    .toSorted((a, b) => (a.lastHeardAtMs ?? 0) - (b.lastHeardAtMs ?? 0))
}

/** Looks day by day, from the last one back: nearly all of them spoke yesterday. */
async function findLastMs(
  reader: Reader,
  venueIds: string[],
  { fromMs, toMs }: Period,
): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  const isAllFound = () => venueIds.every((venueId) => found.has(venueId))
  for (let endMs = toMs; endMs > fromMs && !isAllFound(); endMs -= dayMs) {
    const ofDay = await readSpoken(reader, { fromMs: endMs - dayMs, toMs: endMs })
    for (const [venueId, atMs] of ofDay) if (!found.has(venueId)) found.set(venueId, atMs)
  }
  return found
}

function readSpoken(reader: Reader, period: Period): Promise<Map<string, number>> {
  return reader.read(() => lastSpokeMs(operations, period))
}

import type { DiaryEntry } from '../../diary/entry.ts'
import { countByQuarter, quarterMs, undosIn, type QuarterCount } from '../../diary/look-ups.ts'
import type { Reader } from '../../journal/reader.ts'
import type { LookUps } from '../../journal/look-ups.ts'
import { isCode } from '../../model/refusal.ts'
import { operations } from '../../model/words.ts'
import { lookUp, type Language } from '../../zonal/catalogue.ts'
import { countDoubts, type Doubts } from './doubts.ts'

/** A day. */
export const quartersShown = 96
/** Rows are written behind the answers; after this long a quarter gets none any more. */
const settledMs = 60_000
/** A day with more tries than this is drawn without the oldest. */
const maxUndos = 5_000

/** Redemptions that are looked at for the drawing. */
const maxOpen = 500
const open = { states: ['in_doubt', 'stuck', 'confirmed'], venueId: undefined } as const

/** What tills heard: OK; refused, and why; `failed`: to be tried again; or nothing, since they did not wait. */
export type Outcomes = { ok: number; refused: number; failed: number; hungUp: number }
type Quarter = { startMs: number; outcomes: Outcomes; ticketsTaken: number; ticketsPublished: number }
export type LastDay = { quarters: Quarter[]; doubts: Doubts[] }

/**
 * Counts what the diary has of the last 24 hours. What is over is counted once: only the quarter of an hour that goes on is
 * counted again.
 */
export function createLastDay(language: Language) {
  const kept = new Map<number, QuarterCount[]>()

  async function read(reader: Reader, journal: LookUps, nowMs: number): Promise<LastDay> {
    const last = Math.floor(nowMs / quarterMs)
    const first = last - quartersShown + 1
    for (const quarter of kept.keys()) if (quarter < first) kept.delete(quarter)
    const wanted = Array.from({ length: quartersShown }, (_, index) => first + index)
    const from = wanted.find((quarter) => !kept.has(quarter)) ?? last
    const period = { fromMs: from * quarterMs, toMs: (last + 1) * quarterMs }
    const counted = Map.groupBy(
      await reader.read(() => countByQuarter([...operations, 'none', 'published'], period)),
      ({ quarter }) => quarter,
    )
    const ofQuarter = (quarter: number) => counted.get(quarter) ?? kept.get(quarter) ?? []
    const quarters = wanted.map((quarter) => toQuarter(quarter, ofQuarter(quarter), language))
    for (const quarter of wanted)
      if (quarter >= from && (quarter + 1) * quarterMs + settledMs < nowMs)
        kept.set(quarter, ofQuarter(quarter))
    const day = { fromMs: first * quarterMs, toMs: nowMs + 1 }
    const undos = await reader.read(() => undosIn(day, maxUndos))
    const records = [
      ...(await journal.listRedemptions({ ...open, sinceMs: nowMs, limit: maxOpen })),
      ...(await journal.redemptionsByIds(unsettled(undos))),
    ]
    return {
      quarters,
      doubts: countDoubts(
        undos,
        records,
        wanted.map((quarter) => quarter * quarterMs),
      ),
    }
  }

  return { read }
}

/** @returns the redemptions whose last try has not settled them: only these may have been settled by an operator */
function unsettled(undos: DiaryEntry[]): string[] {
  const last = new Map<string, DiaryEntry>()
  for (const undo of undos)
    if (undo.redemptionId && !last.has(undo.redemptionId)) last.set(undo.redemptionId, undo)
  const isSettled = ({ facts }: DiaryEntry) => facts.state === 'reversed' || facts.state === 'credited'
  return [...last]
    .filter(([, undo]) => !isSettled(undo))
    .map(([id]) => id)
    .slice(0, maxOpen)
}

function toQuarter(quarter: number, counts: QuarterCount[], language: Language): Quarter {
  const outcomes = { ok: 0, refused: 0, failed: 0, hungUp: 0 }
  let ticketsTaken = 0
  let ticketsPublished = 0
  for (const { message, code, count } of counts) {
    if (message === 'published') {
      ticketsPublished += count
      continue
    }
    outcomes[outcomeOf(code, language)] += count
    if (message === 'ticket' && code === 'OK') ticketsTaken += count
  }
  return { startMs: quarter * quarterMs, outcomes, ticketsTaken, ticketsPublished }
}

/** @returns `failed` for a status of 500 or above, which may be tried again; `refused` for other codes, also unknown ones */
export function outcomeOf(code: string, language: Language): keyof Outcomes {
  if (code === 'OK') return 'ok'
  if (code === 'HUNG_UP') return 'hungUp'
  return isCode(code) && lookUp(code, language).status >= 500 ? 'failed' : 'refused'
}

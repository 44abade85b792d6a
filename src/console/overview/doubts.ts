import type { DiaryEntry } from '../../diary/entry.ts'
import { quarterMs } from '../../diary/look-ups.ts'
import type { RedemptionRecord } from '../../redemptions/record.ts'

/** How many redemptions were in doubt, and how many stuck, at any time of a quarter of an hour. */
export type Doubts = { startMs: number; inDoubt: number; stuck: number }

/** The first try leaves so long after a redemption is in doubt. */
const firstTryMs = 2_000

type Span = { fromMs: number; toMs: number; what: 'inDoubt' | 'stuck' }

/**
 * What was in doubt follows from the diary's rows of the tries to give it back, and from the journal's rows of what is open
 * now, or was settled by an operator.
 *
 * @param undos in any order
 * @param records what is open now, and what the undos are about
 * @param starts of the quarters, epoch ms
 */
export function countDoubts(
  undos: DiaryEntry[],
  records: RedemptionRecord[],
  starts: readonly number[],
): Doubts[] {
  const byId = new Map(records.map((record) => [record.id, record]))
  const tried = Map.groupBy(undos, ({ redemptionId = '' }) => redemptionId)
  const spans = [
    ...[...tried].flatMap(([id, tries]) => spansOf(tries, byId.get(id))),
    ...records.filter((record) => isOpen(record) && !tried.has(record.id)).map(spanWithoutTries),
  ]
  return starts.map((startMs) => {
    const during = (what: Span['what']) =>
      spans.filter((span) => span.what === what && span.fromMs < startMs + quarterMs && span.toMs > startMs)
        .length
    return { startMs, inDoubt: during('inDoubt'), stuck: during('stuck') }
  })
}

/** @returns the times of one redemption in doubt, and stuck, one after the other */
function spansOf(tries: DiaryEntry[], record: RedemptionRecord | undefined): Span[] {
  const inOrder = tries.toSorted((a, b) => a.atMs - b.atMs)
  const spans: Span[] = []
  let span: Span = { fromMs: (inOrder[0]?.atMs ?? 0) - firstTryMs, toMs: Infinity, what: 'inDoubt' }
  for (const { atMs, facts } of inOrder) {
    const what = whatIn(facts.state)
    if (what === span.what) continue
    spans.push({ ...span, toMs: atMs })
    span = { fromMs: atMs, toMs: what ? Infinity : atMs, what: what ?? 'inDoubt' }
  }
  // An operator may have settled it since: then no try says so.
  if (span.toMs === Infinity && !(record && isOpen(record)))
    span.toMs = record?.settled?.atMs ?? inOrder.at(-1)?.atMs ?? 0
  return span.toMs > span.fromMs ? [...spans, span] : spans
}

/** @param state after a try; a credit that is being repeated stays confirmed */
function whatIn(state: string | undefined): Span['what'] | undefined {
  if (state === 'stuck') return 'stuck'
  return state === 'in_doubt' || state === 'confirmed' ? 'inDoubt' : undefined
}

function spanWithoutTries({ state, undo, createdAtMs }: RedemptionRecord): Span {
  const what = state === 'stuck' ? 'stuck' : 'inDoubt'
  return { fromMs: undo?.sinceMs ?? createdAtMs, toMs: Infinity, what }
}

function isOpen({ state, undo }: RedemptionRecord): boolean {
  return state === 'in_doubt' || state === 'stuck' || (state === 'confirmed' && undo !== undefined)
}

import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'

/** In the order of what they cost: the first that is there is told. */
const troubleKinds = [
  'lost',
  'damaged',
  'unwritable',
  'full',
  'log_too_long',
  'nearly_full',
  'dead_letters_full',
] as const
export type TroubleKind = (typeof troubleKinds)[number]

export type Troubles = ReturnType<typeof createTroubles>

/** What is wrong with the journal just now: each trouble is one log line when it begins and one when it is over. */
export function createTroubles({ log, metrics }: { log: Logger; metrics: Pick<Metrics, 'journalTrouble'> }) {
  const reasons = new Map<TroubleKind, string>()
  for (const kind of troubleKinds) metrics.journalTrouble.set({ kind }, 0)

  return {
    /** @param reason undefined where it is over, or was never there */
    note(kind: TroubleKind, reason: string | undefined) {
      const hasBegun = reasons.has(kind)
      if (reason !== undefined) reasons.set(kind, reason)
      else reasons.delete(kind)
      if (hasBegun === (reason !== undefined)) return
      metrics.journalTrouble.set({ kind }, reason === undefined ? 0 : 1)
      if (reason === undefined) log.info({ kind }, 'the trouble with the journal is over')
      else log.error({ kind, reason }, 'trouble with the journal')
    },
    reason: (kind: TroubleKind) => reasons.get(kind),
    worst(): string | undefined {
      const kind = troubleKinds.find((candidate) => reasons.has(candidate))
      return kind && reasons.get(kind)
    },
  }
}

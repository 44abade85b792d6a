import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'

/** Worst first: if there are several, `worst` returns the first. */
const troubleKinds = [
  'lost',
  'damaged',
  'away',
  'not_durable',
  'unwritable',
  'full',
  'log_too_long',
  'nearly_full',
  'dead_letters_full',
  'key_missing',
] as const
export type TroubleKind = (typeof troubleKinds)[number]

export type Troubles = ReturnType<typeof createTroubles>

/** What is wrong with the journal now. Each trouble is logged once when it begins and once when it is over. */
export function createTroubles({ log, metrics }: { log: Logger; metrics: Pick<Metrics, 'journalTrouble'> }) {
  const reasons = new Map<TroubleKind, string>()
  for (const kind of troubleKinds) metrics.journalTrouble.set({ kind }, 0)

  return {
    /** @param reason undefined if this trouble is over, or was not there */
    set(kind: TroubleKind, reason: string | undefined) {
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

import type { Logger } from '../../observability/logger.ts'
import type { Metrics } from '../../observability/metrics.ts'
import { durabilityLevels, type Durability } from '../shared.ts'
import type { Troubles } from '../troubles.ts'
import { get, type Work } from '../work.ts'

const lookEveryMs = 60_000

/**
 * As this session has them, since a role or a database may have settings of its own. Without a standby in the settings
 * no commit waits for one. Which standbys are there is hidden from a role without pg_monitor.
 */
const lookSql = `SELECT current_setting('fsync') AS fsync,
    current_setting('synchronous_commit') AS synchronous_commit,
    current_setting('synchronous_standby_names') <> '' AS asks_standby,
    CASE WHEN pg_has_role('pg_read_all_stats', 'USAGE')
      THEN (SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')) END AS standbys`

type Settings = { fsync: string; synchronous_commit: string; asks_standby: boolean; standbys: number | null }

type Deps = {
  /** Then a server that does not sync at all is refused. */
  isProduction: boolean
  troubles: Pick<Troubles, 'set'>
  log: Logger
  metrics: Pick<Metrics, 'journalDurability'>
}

/** Whether a commit of the database survives a crash of its server, and the loss of it. */
export function createDurabilityWatch({ isProduction, troubles, log, metrics }: Deps) {
  let lookedAtMs = -Infinity
  let found: Durability | undefined

  function report({ level, text, refusal }: Durability) {
    for (const each of durabilityLevels)
      metrics.journalDurability.set({ level: each }, each === level ? 1 : 0)
    troubles.set('not_durable', refusal)
    if (text === found?.text) return
    const message = `commits of the database are ${text}`
    if (level === 'standby') log.info({ durability: level }, message)
    else log.warn({ durability: level }, message)
  }

  return {
    /** Undefined until somebody has looked. */
    found: () => found,
    /** Looks again if the last look is a minute old, or nothing new is accepted because of what it saw. */
    *look(): Work<void> {
      if (performance.now() - lookedAtMs < lookEveryMs && found?.refusal === undefined) return
      const seen = toDurability((yield* get(lookSql)) as unknown as Settings, isProduction)
      report(seen)
      found = seen
      lookedAtMs = performance.now()
    },
    /** For another server, or the same after a restart. */
    lookAtOnce: () => void (lookedAtMs = -Infinity),
  }
}

/** @returns how safe a commit is with these settings; with a `refusal` only for fsync=off in production */
export function toDurability(settings: Settings, isProduction: boolean): Durability {
  const { fsync, synchronous_commit: commit, asks_standby: asksStandby, standbys } = settings
  if (fsync === 'off') {
    const refusal = 'the database has fsync=off, so a crash of its server loses commits: switch it on'
    return { level: 'memory', text: 'in memory only: fsync is off', ...(isProduction && { refusal }) }
  }
  if (commit === 'off') return { level: 'memory', text: 'in memory only: synchronous_commit is off' }
  if (!asksStandby) return { level: 'disk', text: 'on one disk: no synchronous standby is configured' }
  if (commit === 'local') return { level: 'disk', text: 'on one disk: synchronous_commit is local' }
  if (standbys === null)
    return {
      level: 'unknown',
      text: 'on one disk at least: without pg_monitor its standbys cannot be seen',
    }
  if (standbys === 0) return { level: 'disk', text: 'on one disk: no synchronous standby is there' }
  return { level: 'standby', text: 'on disk, also at a synchronous standby' }
}

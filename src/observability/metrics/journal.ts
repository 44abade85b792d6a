import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client'

/** The journal, and the redemptions in it that are not settled. */
export function createJournalMetrics(registers: Registry[]) {
  const metrics = {
    journalCommitSeconds: new Histogram({
      name: 'zonal_journal_commit_duration_seconds',
      help: 'Time of one synced commit of the journal; with PostgreSQL of one transaction, from asking for a connection to the answer',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 2.5],
      registers,
    }),
    journalFailures: new Counter({
      name: 'zonal_journal_failures_total',
      help: 'Journal commits that failed',
      registers,
    }),
    journalBytes: new Gauge({
      name: 'zonal_journal_bytes',
      help: 'Bytes of the journal that are in use',
      registers,
    }),
    journalMaxBytes: new Gauge({
      name: 'zonal_journal_max_bytes',
      help: 'JOURNAL_MAX_BYTES: above it debits, credits and tickets are refused, tickets from 90 % on',
      registers,
    }),
    journalWalBytes: new Gauge({
      name: 'zonal_journal_wal_bytes',
      help: "Bytes of the journal's write-ahead log; it grows while a reader does not end",
      registers,
    }),
    journalTrouble: new Gauge({
      name: 'zonal_journal_trouble',
      help: '1 while the journal has this trouble (lost, damaged, away, not_durable, unwritable, full, log_too_long, nearly_full, dead_letters_full, key_missing)',
      labelNames: ['kind'] as const,
      registers,
    }),
    journalDurability: new Gauge({
      name: 'zonal_journal_durability',
      help: "1 for where a commit of the journal's database is: memory, disk, unknown (disk, and perhaps a standby), standby; 0 for all with SQLite",
      labelNames: ['level'] as const,
      registers,
    }),
    journalUnreplicated: new Counter({
      name: 'zonal_journal_unreplicated_commits_total',
      help: 'Commits that somebody has cancelled at the database while they waited for a standby; a failover may lose them',
      registers,
    }),
    journalConnectionSeconds: new Histogram({
      name: 'zonal_journal_connection_duration_seconds',
      help: "Time until a connection to the journal's database was free, or a new one was open",
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers,
    }),
    clockJumps: new Counter({
      name: 'zonal_clock_jumps_total',
      help: "Jumps of the journal's clock (the host's, or the database's) by five seconds or more; due times and keys have moved with it",
      registers,
    }),
    diaryRows: new Counter({
      name: 'zonal_diary_rows_total',
      help: 'Rows of the diary by result: written, or dropped because they could not be written',
      labelNames: ['result'] as const,
      registers,
    }),
    diaryBytes: new Gauge({
      name: 'zonal_diary_bytes',
      help: 'Bytes that the diary uses, of DIARY_MAX_BYTES; near it the oldest rows go',
      registers,
    }),
    redemptions: new Gauge({
      name: 'zonal_redemptions',
      help: 'Redemptions that are not settled, by state: sent (perhaps under way), in_doubt (being undone), being_credited, stuck',
      labelNames: ['state'] as const,
      registers,
    }),
    oldestInDoubtSeconds: new Gauge({
      name: 'zonal_redemptions_oldest_in_doubt_seconds',
      help: 'For how long the oldest redemption in doubt, or whose credit is repeated, has waited to be given back',
      registers,
    }),
    undos: new Counter({
      name: 'zonal_undos_total',
      help: 'Calls that undo a redemption in doubt or repeat a credit, by outcome (done, refused, not_done, unknown, seal_broken)',
      labelNames: ['outcome'] as const,
      registers,
    }),
  }
  for (const level of ['memory', 'disk', 'unknown', 'standby']) metrics.journalDurability.set({ level }, 0)
  for (const result of ['written', 'dropped']) metrics.diaryRows.inc({ result }, 0)
  for (const outcome of ['done', 'refused', 'not_done', 'unknown', 'seal_broken'])
    metrics.undos.inc({ outcome }, 0)
  return metrics
}

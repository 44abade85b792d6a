import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runCommand } from '../commands/run-command.ts'
import { splitPassword } from '../support/journal-url.ts'
import { startCluster } from '../support/postgres-cluster.ts'
import { makeJournal } from '../support/read-journal.ts'
import { growJournal } from './grow-journal.ts'

/** `npm run bench:copy -- [--rows N]`: how long journal:copy takes, into a PostgreSQL on this machine. */
const { values } = parseArgs({ options: { rows: { type: 'string', default: '100000' } } })
const rows = Number(values.rows)

const folder = await mkdtemp(join(tmpdir(), 'copy-bench-'))
const cluster = await startCluster({ durable: true })
try {
  const journalPath = join(folder, 'journal.sqlite')
  await makeJournal({ journalPath }, async (journal) => void (await journal.stats()))
  growJournal(journalPath, rows)
  const { url, password } = splitPassword(await cluster.createDatabase())
  const startedMs = performance.now()
  const { code, stderr } = await runCommand('journal-copy', ['--from', journalPath, '--to', url], {
    JOURNAL_PASSWORD: password,
    JOURNAL_TLS: 'off',
  })
  if (code !== 0) throw new Error(stderr)
  console.log(`${rows} rows: ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
} finally {
  await cluster.stop()
  await rm(folder, { recursive: true, force: true })
}

import { journalEnv } from '../../support/journal-url.ts'
import { startCluster } from '../../support/postgres-cluster.ts'
import { startAdapter, startContender, startCore } from '../adapter.ts'
import * as messages from '../messages.ts'
import type { Measurement } from '../report.ts'
import { interleave, ratio, type Settings } from '../rounds.ts'
import { chosenLibraries } from './balance.ts'

const noJournal = `${chosenLibraries}, no journal`

/** Each request is a new redemption of another card. */
export async function debit(settings: Settings): Promise<Measurement> {
  const { folder } = settings
  const core = await startCore(folder)
  const coreUrl = `${core.url}/v1`
  const ours = await startAdapter('ours', { coreUrl, folder })
  const unsynced = await startAdapter('unsynced', { coreUrl, folder, isUnsynced: true })
  const database = await startCluster({ durable: true })
  const onPostgres = await startAdapter('postgres', { coreUrl, folder, env: journalEnv(database.url) })
  const bare = await startContender('bare', 'bare.ts', { CORE_BASE_URL: coreUrl }, folder)

  const libraries = await startContender('libraries', 'libraries.ts', { CORE_BASE_URL: coreUrl }, folder)

  const variant = { body: messages.debit, callsEach: 1 }
  const rows = await interleave(
    [
      { ...variant, name: 'bare node:http + undici, no journal', program: bare, url: `${bare.url}/debit` },
      { ...variant, name: noJournal, program: libraries, url: `${libraries.url}/debit` },
      { ...variant, name: 'ours', program: ours, url: ours.debitUrl },
      {
        ...variant,
        name: 'ours, PostgreSQL',
        program: onPostgres,
        database: { pid: database.pid() ?? 0, hasChildren: true },
        url: onPostgres.debitUrl,
      },
      { ...variant, name: 'ours, synchronous=OFF', program: unsynced, url: unsynced.debitUrl },
    ],
    settings,
    core,
  )
  await Promise.all([ours, onPostgres, unsynced, bare, libraries, core].map((program) => program.stop()))
  await database.stop()
  return {
    title: 'Debit, a new reference each time',
    rows,
    ratios: {
      debitOverBare: ratio(rows, 'ours', 'bare node:http + undici, no journal'),
      debitOverLibraries: ratio(rows, 'ours', noJournal),
      debitLibrariesOverBare: ratio(rows, noJournal, 'bare node:http + undici, no journal'),
      debitPostgresOverSqlite: ratio(rows, 'ours, PostgreSQL', 'ours'),
      debitOverUnsynced: ratio(rows, 'ours', 'ours, synchronous=OFF'),
    },
  }
}

import { ConfigInvalid, readConfig, type Config } from '../config/config.ts'
import { copyJournal } from '../journal/copy.ts'
import { createLogger } from '../observability/logger.ts'
import { answerOrFail, parse, UsageWrong, type Answer } from './command.ts'
import { toTable } from './lines.ts'
import { refuseMore } from './options.ts'

const usage = `Usage:
  journal-copy --from FILE --to URL    copies a journal from SQLite into an empty PostgreSQL database
The service must be stopped. The URL is that of JOURNAL_URL; the other variables are the service's.
Options: --json
`

/** A command waits longer than a till does. */
const patienceMs = 10_000

await answerOrFail(usage, async () => {
  const { words, isJson, from, to } = parse({ from: { type: 'string' }, to: { type: 'string' } })
  refuseMore(words)
  if (!from) throw new UsageWrong('--from is needed: the SQLite file')
  if (!to) throw new UsageWrong('--to is needed: the URL of the PostgreSQL database')
  return { isJson, ...(await copy(from, to)) }
})

async function copy(from: string, to: string): Promise<Answer> {
  const { journal, core } = readSettings(from, to)
  const { path, keys } = journal
  const { rateWindowMs } = core
  const postgres = { ...journal.postgres!, patienceMs }
  const copied = await copyJournal({ path, postgres, keys, rateWindowMs }, createLogger('silent'))
  const rows = copied.map(({ table, rows }) => [table, String(rows)])
  const next = 'Start the service with JOURNAL_URL now, and never again on the file.'
  return { text: `${toTable([['TABLE', 'ROWS'], ...rows])}\n\n${next}`, json: copied }
}

/** @throws UsageWrong if the URL cannot be used, ConfigInvalid if anything else cannot */
function readSettings(from: string, to: string): Config {
  const { JOURNAL_PATH_FILE: _path, JOURNAL_URL_FILE: _url, ...env } = process.env
  try {
    // As for every command, the rules for keys are those of a service that only this machine can reach.
    return readConfig({ ...env, HOST: '127.0.0.1', JOURNAL_PATH: from, JOURNAL_URL: to })
  } catch (error) {
    const wrongUrl =
      error instanceof ConfigInvalid && error.problems.find(({ name }) => name === 'JOURNAL_URL')
    throw wrongUrl ? new UsageWrong(`--to ${wrongUrl.problem}`) : error
  }
}

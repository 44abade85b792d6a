import { StorageUnavailable } from '../model/refusal.ts'
import { parseArgs } from 'node:util'
import { ConfigInvalid, readConfig, type Config } from '../config/config.ts'
import { JournalKeyMissing, type Journal } from '../journal/journal.ts'
import { openJournalBeside } from '../journal/open.ts'
import { systemClock } from '../time/clock.ts'
import { createLogger } from '../observability/logger.ts'
import { createMetrics, type Metrics } from '../observability/metrics.ts'
import { printable, printableJson } from '../observability/printable.ts'

/** sysexits.h; 1 is what the journal did not let the command do. */
const exitUsage = 64
const exitConfig = 78

/** What an operator has typed: words, and options with a value. */
export type Arguments = { words: string[]; why: string | undefined; who: string | undefined }
export type CommandParts = { journal: Journal; config: Config; metrics: Metrics }
/** What it says: for a person, and for a script that asked for `--json`. */
export type Answer = { text: string; json: unknown }
export type Action = (parts: CommandParts) => Promise<Answer>

/** The words make no command. */
export class UsageWrong extends Error {
  override name = 'UsageWrong'
}

/** The command was understood, and could not be done: the message says why. */
export class CommandFailed extends Error {
  override name = 'CommandFailed'
}

/**
 * Runs an operator's command on the journal of a service, which may be running: it reads the same environment. Exits 0
 * when it is done, 1 when the journal does not let it, 64 (EX_USAGE) when nobody knows what was meant, 78 (EX_CONFIG)
 * when the environment cannot be used.
 *
 * @param choose finds what is meant by the arguments; throws UsageWrong
 */
export async function runCommand(usage: string, choose: (given: Arguments) => Action): Promise<void> {
  try {
    const { action, isJson } = readArguments(choose)
    const { text, json } = await onJournal(action)
    const said = isJson ? printableJson(JSON.stringify(json, null, 2)) : printable(text)
    process.stdout.write(`${said}\n`)
  } catch (error) {
    process.exitCode = exitCodeOf(error)
    process.stderr.write(`${printable(error instanceof Error ? error.message : 'failed')}\n`)
    if (error instanceof UsageWrong) process.stderr.write(usage)
  }
}

function readArguments(choose: (given: Arguments) => Action): { action: Action; isJson: boolean } {
  const { positionals: words, values } = parse()
  const { json: isJson = false, why, who } = values
  return { action: choose({ words, why, who }), isJson }
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { json: { type: 'boolean' }, why: { type: 'string' }, who: { type: 'string' } },
    })
  } catch (error) {
    throw new UsageWrong(error instanceof Error ? error.message : 'unreadable', { cause: error })
  }
}

async function onJournal(action: Action): Promise<Answer> {
  // It serves nobody, so it needs no other keys than a service on this machine.
  const config = readConfig({ ...process.env, HOST: '127.0.0.1' })
  const metrics = createMetrics()
  const log = createLogger('silent')
  const journal = await openJournalBeside(config.journal, { clock: systemClock, log, metrics })
  try {
    return await action({ journal, config, metrics })
  } finally {
    await journal.close()
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageWrong) return exitUsage
  if (error instanceof ConfigInvalid || error instanceof JournalKeyMissing) return exitConfig
  if (error instanceof CommandFailed || error instanceof StorageUnavailable) return 1
  throw error
}

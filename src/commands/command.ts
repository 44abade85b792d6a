import { StorageUnavailable } from '../model/refusal.ts'
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { ConfigInvalid, readConfig, type Config } from '../config/config.ts'
import { DeadLetterStays } from '../dead-letters/unread-message.ts'
import { openDiaryReader } from '../diary/open.ts'
import { CopyRefused } from '../journal/copied-tables.ts'
import { JournalInUse, JournalKeyMissing, type Journal } from '../journal/journal.ts'
import { openJournalBeside } from '../journal/open.ts'
import type { Reader } from '../journal/reader.ts'
import { systemClock } from '../time/clock.ts'
import { createLogger } from '../observability/logger.ts'
import { createMetrics, type Metrics } from '../observability/metrics.ts'
import { printable, printableJson } from '../observability/printable.ts'

/** From sysexits.h. */
const exitUsage = 64
const exitConfig = 78

/** The journal and what belongs to it. `diary`: undefined if there is none; it is opened when it is asked for. */
export type CommandParts = {
  journal: Journal
  config: Config
  metrics: Metrics
  diary: () => Promise<Reader | undefined>
}
/** The output: for a person, and for a script that passed `--json`. */
export type Answer = { text: string; json: unknown }
export type Action = (parts: CommandParts) => Promise<Answer>

/** The arguments are not those of a command. */
export class UsageWrong extends Error {
  override name = 'UsageWrong'
}

/** The command was understood but could not be done: the message says why. */
export class CommandFailed extends Error {
  override name = 'CommandFailed'
}

/**
 * Runs an operator's command on the journal of a service that may be running, with the same environment.
 *
 * @param options of the command, beside `--json` and `--help`
 * @param choose returns the action for the words and options; throws UsageWrong
 */
export async function runCommand<Options extends ParseArgsOptionsConfig>(
  usage: string,
  options: Options,
  choose: (args: ReturnType<typeof parse<Options>>) => Action,
): Promise<void> {
  await answerOrFail(usage, async () => {
    const args = parse(options)
    return { isJson: args.isJson, ...(await onJournal(choose(args))) }
  })
}

/**
 * Prints the answer of a command, or why there is none; with `--help` only how to use it. Exits with 0 if it is done, 1 if the journal does not allow it,
 * 64 (EX_USAGE) if the arguments are wrong, 78 (EX_CONFIG) if the environment cannot be used.
 */
export async function answerOrFail(
  usage: string,
  work: () => Promise<Answer & { isJson: boolean }>,
): Promise<void> {
  if (process.argv.slice(2).includes('--help')) return void process.stdout.write(usage)
  try {
    const { text, json, isJson } = await work()
    const output = isJson ? printableJson(JSON.stringify(json, null, 2)) : printable(text)
    process.stdout.write(`${output}\n`)
  } catch (error) {
    process.exitCode = exitCodeOf(error)
    process.stderr.write(`${printable(error instanceof Error ? error.message : 'failed')}\n`)
    if (error instanceof UsageWrong) process.stderr.write(usage)
  }
}

/**
 * @param options of the command, beside `--json`
 * @throws UsageWrong
 */
export function parse<Options extends ParseArgsOptionsConfig>(options: Options) {
  try {
    const { positionals: words, values } = parseArgs({
      allowPositionals: true,
      options: { ...options, json: { type: 'boolean', default: false } },
    })
    return { words, isJson: (values as { json?: boolean }).json === true, ...values }
  } catch (error) {
    throw new UsageWrong(error instanceof Error ? error.message : 'unreadable', { cause: error })
  }
}

async function onJournal(action: Action): Promise<Answer> {
  // A command listens on no port, so the rules for keys are those of a service that only this machine can reach.
  const config = readConfig({ ...process.env, HOST: '127.0.0.1' })
  const metrics = createMetrics()
  const log = createLogger('silent')
  const journal = await openJournalBeside(config.journal, { clock: systemClock, log, metrics })
  let diary: Promise<Reader | undefined> | undefined
  try {
    return await action({ journal, config, metrics, diary: () => (diary ??= openDiaryReader(config, log)) })
  } finally {
    await (await diary)?.close()
    await journal.close()
  }
}

const notAllowed = [CommandFailed, DeadLetterStays, StorageUnavailable, JournalInUse, CopyRefused]

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageWrong) return exitUsage
  if (error instanceof ConfigInvalid || error instanceof JournalKeyMissing) return exitConfig
  if (notAllowed.some((kind) => error instanceof kind)) return 1
  throw error
}

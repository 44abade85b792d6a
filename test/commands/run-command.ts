import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { processEnv } from '../support/process-env.ts'
import { cardHashKey, journalKeys } from '../support/test-journal.ts'

export type CommandName =
  | 'audit'
  | 'bills'
  | 'console-password'
  | 'erase'
  | 'redemptions'
  | 'tickets'
  | 'dead-letters'
  | 'journal-copy'
export type Ended = { code: number; stdout: string; stderr: string }

/** The module of a command, as a URL. */
export const fileOf = (name: CommandName) => new URL(`../../src/commands/${name}.ts`, import.meta.url).href

/** The keys of the tests' journals. */
export const commandEnv = { JOURNAL_KEY: journalKeys[0]!, CARD_HASH_KEY: cardHashKey }

/**
 * Runs an operator's command in a process of its own, with the keys of the tests' journals.
 * @param env JOURNAL_PATH is needed, but for `journal-copy`
 * @param input on its standard input
 */
export async function runCommand(
  name: CommandName,
  words: string[],
  env: Record<string, string>,
  input = '',
): Promise<Ended> {
  const child = spawn(process.execPath, [fileURLToPath(fileOf(name)), ...words], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...processEnv(), ...commandEnv, ...env },
  })
  child.stdin.end(input)
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ])
  return { code, stdout, stderr }
}

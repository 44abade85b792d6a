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

/** `env`: JOURNAL_PATH is needed, but for `journal-copy`; `input`: on its standard input. */
export type Given = [name: CommandName, words: string[], env: Record<string, string>, input?: string]
/** A command to be run, with the keys of the tests' journals. `file`: its module, as a URL. */
export type Order = { file: string; words: string[]; env: Record<string, string>; input: string }

export function orderOf(...[name, words, env, input = '']: Given): Order {
  const keys = { JOURNAL_KEY: journalKeys[0]!, CARD_HASH_KEY: cardHashKey }
  const file = new URL(`../../src/commands/${name}.ts`, import.meta.url).href
  return { file, words, env: { ...processEnv(), ...keys, ...env }, input }
}

/** Runs an operator's command in a process of its own. */
export async function runCommand(...given: Given): Promise<Ended> {
  const { file, words, env, input } = orderOf(...given)
  const child = spawn(process.execPath, [fileURLToPath(file), ...words], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env,
  })
  child.stdin.end(input)
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ])
  return { code, stdout, stderr }
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { processEnv } from '../support/process-env.ts'
import { cardHashKey, journalKeys } from '../support/test-journal.ts'

export type Ended = { code: number; stdout: string; stderr: string }

/**
 * Runs an operator's command in a process of its own, with the keys of the tests' journals.
 * @param env JOURNAL_PATH is needed, but for `journal-copy`
 */
export async function runCommand(
  name: 'redemptions' | 'dead-letters' | 'journal-copy',
  words: string[],
  env: Record<string, string>,
): Promise<Ended> {
  const file = fileURLToPath(new URL(`../../src/commands/${name}.ts`, import.meta.url))
  const child = spawn(process.execPath, [file, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...processEnv(),
      JOURNAL_KEY: journalKeys[0],
      CARD_HASH_KEY: cardHashKey,
      ...env,
    },
  })
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ])
  return { code, stdout, stderr }
}

import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

/**
 * Reads one line from standard input: an argument would be in the shell's history and in the list of processes. At a
 * terminal it is asked for, and what is typed is not shown.
 */
export async function readSecretLine(question: string): Promise<string> {
  const { stdin, stderr } = process
  if (stdin.isTTY) stderr.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: stdin, output: silent, terminal: stdin.isTTY })
  const read = once(lines, 'line') as Promise<[string]>
  const [line = ''] = await Promise.race([read, once(lines, 'close').then((): [string] => [''])])
  lines.close()
  stdin.unref?.()
  if (stdin.isTTY) stderr.write('\n')
  return line
}

import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { findCardNumber } from '../zonal/messages/card.ts'
import { CommandFailed, UsageWrong } from './command.ts'

/**
 * Reads a card number from standard input: an argument would be in the shell's history and in the list of processes. At a
 * terminal it is asked for, and what is typed is not shown.
 *
 * @param prefixes of scanned codes, as for tills
 * @throws CommandFailed if it is none
 */
export async function askCardNumber(prefixes: readonly string[]): Promise<string> {
  const { stdin, stderr } = process
  if (stdin.isTTY) stderr.write('Card number (it is not shown): ')
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: stdin, output: silent, terminal: stdin.isTTY })
  const read = once(lines, 'line') as Promise<[string]>
  const [line = ''] = await Promise.race([read, once(lines, 'close').then((): [string] => [''])])
  lines.close()
  stdin.unref?.()
  if (stdin.isTTY) stderr.write('\n')
  const cardNumber = findCardNumber(line, prefixes)
  if (cardNumber === undefined)
    throw new CommandFailed('what came on standard input is no card number: 4 to 32 letters and digits')
  return cardNumber
}

/** @throws UsageWrong if somebody has typed the number as an argument */
export function refuseCardArgument(argument: string | undefined) {
  if (argument !== undefined)
    throw new UsageWrong(
      'card: the number is asked for on standard input, since arguments are seen by others',
    )
}

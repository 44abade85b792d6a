import { findCardNumber } from '../zonal/messages/card.ts'
import { CommandFailed, UsageWrong } from './command.ts'
import { readSecretLine } from './secret-line.ts'

/**
 * @param prefixes of scanned codes, as for tills
 * @returns the card number that came on standard input
 * @throws CommandFailed if it is none
 */
export async function askCardNumber(prefixes: readonly string[]): Promise<string> {
  const cardNumber = findCardNumber(await readSecretLine('Card number (it is not shown): '), prefixes)
  if (cardNumber === undefined)
    throw new CommandFailed('standard input did not contain a card number (4 to 32 letters and digits)')
  return cardNumber
}

/** @throws UsageWrong if somebody has typed the number as an argument */
export function refuseCardArgument(argument: string | undefined) {
  if (argument !== undefined)
    throw new UsageWrong(
      'card: the number is asked for on standard input, since arguments are seen by others',
    )
}

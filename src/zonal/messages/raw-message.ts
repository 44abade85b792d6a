import { Refusal } from '../../model/refusal.ts'
import { operations, type Operation } from '../../model/words.ts'

/** The longest message, in bytes after decompression. */
export const maxBytes: Record<Operation, number> = {
  balance: 16_384,
  debit: 16_384,
  credit: 16_384,
  ticket: 262_144,
}

/** Fields under our names, without a prototype. Their values are as they came: unchecked. */
export type RawFields = Record<string, unknown>

/** The unit of the amounts of a message: `5.50` in major units, `550` in minor ones. */
export type AmountUnit = 'major' | 'minor'

export type RawContents = { fields: RawFields; amountUnit: AmountUnit }

/** What a dialect has read of a message. */
export type RawMessage = RawContents & {
  operation: Operation
  /**
   * Why the message cannot be used, though its fields can be read. It is returned, not thrown, so that the till is
   * identified first and its ticket can be kept.
   */
  problem: Refusal | undefined
  /** The till's own id of this message, in a dialect whose answers and refusals repeat it. */
  reference: string | undefined
}

/** A message that names no operation, or an unknown one. */
export type UnknownMessage = Pick<RawMessage, 'reference'> & { operation: undefined; problem: Refusal }

export function operationUnknown(): Refusal {
  return new Refusal('OPERATION_UNKNOWN', { detail: `The operations are ${operations.join(', ')}` })
}

import { Refusal } from '../../model/refusal.ts'

/** One field of a message cannot be used. */
export class RequestInvalid extends Refusal {
  override name = 'RequestInvalid'
  readonly field: string
  readonly problem: string

  /**
   * @param field as the till spells it
   * @param problem what to do about it, following the field's name: "must be …"; never a value
   */
  constructor(field: string, problem: string, code: 'MESSAGE_INVALID' | 'CARD_INVALID' = 'MESSAGE_INVALID') {
    super(code, { detail: `${field} ${problem}` })
    this.field = field
    this.problem = problem
  }
}

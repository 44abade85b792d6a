import { Refusal } from '../../model/refusal.ts'

/** @returns what a till calls the field that has this name here */
export type Spell = (field: string) => string

/** One field of a message cannot be used. */
export class RequestInvalid extends Refusal {
  override name = 'RequestInvalid'
  /** The path of the field, under our names: `items.name`. */
  readonly field: string
  readonly problem: string

  /**
   * @param field as its path under our names, or already as the till spells it
   * @param problem follows the field's name: "must be …"; it names other fields in braces, as in "or {points}", and never
   *   holds a value
   */
  constructor(field: string, problem: string, code: 'MESSAGE_INVALID' | 'CARD_INVALID' = 'MESSAGE_INVALID') {
    super(code, { detail: `${field} ${spellOthers(problem, (name) => name)}` })
    this.field = field
    this.problem = problem
  }

  /** @returns field and problem with the names of a till's dialect */
  spelled(spell: Spell): { field: string; problem: string } {
    return { field: this.field.split('.').map(spell).join('.'), problem: spellOthers(this.problem, spell) }
  }
}

function spellOthers(problem: string, spell: Spell): string {
  return problem.replace(/\{(\w+)\}/g, (_braced, name: string) => spell(name))
}

import { Refusal } from '../../model/refusal.ts'

/**
 * @param list of whose entries it is a field
 * @returns what a till calls the field that has this name here
 */
export type Spell = (field: string, list?: string) => string

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
    const names = this.field.split('.').map((name, index, path) => spell(name, path[index - 1]))
    return { field: names.join('.'), problem: spellOthers(this.problem, spell) }
  }
}

function spellOthers(problem: string, spell: Spell): string {
  return problem.replace(/\{(\w+)\}/g, (_braced, name: string) => spell(name))
}

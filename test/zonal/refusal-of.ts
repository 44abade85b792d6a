import { expect } from 'chai'
import { Refusal } from '../../src/model/refusal.ts'

/** @returns what `act` refuses with; fails if it does not refuse */
export function refusalOf(act: () => unknown): Refusal {
  try {
    act()
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  return expect.fail('was not refused')
}

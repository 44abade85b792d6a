import { demo } from '../simulators/core/demo-project.ts'

/** Values that a till may send in any field of any dialect. */
export const oddTexts = [
  'balance',
  'debit',
  'ticket',
  demo.cards.anna,
  'NaN',
  '1e999',
  '-0',
  '2026-03-29T01:30:00',
  '١٢',
  '\u0000',
]

import type { Dialect } from '../dialect.ts'
import { json } from './json/dialect.ts'

/** The first that claims a request gets it. The last one also answers what none claims. */
export const registeredDialects: readonly Dialect[] = [
  json, //
]

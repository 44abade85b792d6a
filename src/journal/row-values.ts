import type { Row } from './work.ts'

/** @returns the text in a column that may be NULL */
export function textOrUndefined(value: Row[string] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** @returns the number in a column that may be NULL */
export function numberOrUndefined(value: Row[string] | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined
}

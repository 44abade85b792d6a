import type { Row } from './work.ts'

type Given = Record<string, string | number | undefined>

/**
 * Narrows a list down to what was asked for.
 *
 * @param conditions in SQL, each by the name of the value that it needs; left out if that is undefined
 * @returns the conditions as SQL, which is `true` if there is none, and the values that are not undefined
 */
export function narrow(conditions: Record<string, string>, given: Given): { where: string; values: Row } {
  const values = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Row
  const wheres = Object.entries(conditions).flatMap(([name, sql]) => (name in values ? sql : []))
  return { where: wheres.length > 0 ? wheres.join(' AND ') : 'true', values }
}

import type { Row, Statement, Value } from '../work.ts'

/** A statement as PostgreSQL numbers its parameters. `names`: of the values by name, in their order. */
type Numbered = { text: string; names: string[] | undefined }

/** The journal has some sixty different statements. */
const numbered = new Map<string, Numbered>()

/** @returns the statement with `$1`, `$2` … instead of `:name` or `?`, and its values in that order */
export function toNumbered({ sql, values }: Statement): { text: string; values: Value[] } {
  const { text, names } = find(sql)
  if (Array.isArray(values)) return { text, values: values.map(storable) }
  return { text, values: names?.map((name) => storable(valueOf(values, name, sql))) ?? [] }
}

/** PostgreSQL refuses a text that contains NUL. U+FFFD stands for what is no text, as it does for half an emoji. */
export function storable(value: Value): Value {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value
}

function find(sql: string): Numbered {
  let found = numbered.get(sql)
  if (!found) numbered.set(sql, (found = number(sql)))
  return found
}

function number(sql: string): Numbered {
  let count = 0
  const names: string[] = []
  const text = sql
    .replace(/\?/g, () => `$${++count}`)
    // Not the second colon of a cast.
    .replace(/(?<!:):([A-Za-z]\w*)/g, (_, name: string) => {
      if (!names.includes(name)) names.push(name)
      return `$${names.indexOf(name) + 1}`
    })
  return { text, names: count > 0 ? undefined : names }
}

function valueOf(values: Row, name: string, sql: string): Value {
  const value = values[name]
  if (value === undefined) throw new Error(`no value for :${name} in ${sql}`)
  return value
}

import { hash } from 'node:crypto'
import type { Logger } from '../../observability/logger.ts'
import type { Row, Statement, Value } from '../work.ts'

/** What pg sends. A statement with a name is prepared once by each connection: preparing it takes longer than running it. */
export type Sent = { text: string; name?: string; values?: unknown[] }

/** A statement as PostgreSQL numbers its parameters. `names`: of the values by name, in their order. */
type Numbered = { text: string; name: string; names: string[] | undefined }

export type Naming = ReturnType<typeof createNaming>

/** Gives statements names, as long as the connections keep what was prepared under them. */
export function createNaming(log: Logger) {
  let isKept = true
  let renewals = 0
  let ending = ''
  return {
    name(statement: Statement): Sent {
      const { name, text, values } = toNumbered(statement)
      return isKept ? { name: name + ending, text, values } : { text, values }
    },
    /** Each is prepared once more: the server never runs one again whose columns have changed. */
    renew() {
      ending = `_${++renewals}`
    },
    stop() {
      if (isKept)
        log.warn(
          'the pooler in front of the database does not keep prepared statements: the journal is slower',
        )
      isKept = false
    },
  }
}

/** The journal has some sixty different statements. */
const numbered = new Map<string, Numbered>()

/** @returns the statement with `$1`, `$2` … instead of `:name` or `?`, its values in that order, and a name of its text */
export function toNumbered({ sql, values }: Statement): { text: string; name: string; values: Value[] } {
  const { text, name, names } = find(sql)
  if (Array.isArray(values)) return { text, name, values: values.map(storable) }
  return { text, name, values: names?.map((each) => storable(valueOf(values, each, sql))) ?? [] }
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
  return { text, name: nameOf(text), names: count > 0 ? undefined : names }
}

/** By its text: a pooler may give the connection to a replica of another release, whose statements are others. */
function nameOf(text: string): string {
  return `zonal_${hash('sha256', text).slice(0, 24)}`
}

function valueOf(values: Row, name: string, sql: string): Value {
  const value = values[name]
  if (value === undefined) throw new Error(`no value for :${name} in ${sql}`)
  return value
}

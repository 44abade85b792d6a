import type { Dialect } from '../../../src/zonal/dialect.ts'
import { registeredDialects } from '../../../src/zonal/dialects/registered.ts'
import type { TillReply } from './messages.ts'
import type { TillDialect, Wording } from './wording.ts'

/** @throws Error for a dialect that has no `test/dialects/NAME/till.ts` */
export async function loadTill({ name }: Pick<Dialect, 'name'>): Promise<TillDialect> {
  const module = (await import(`../../dialects/${name}/till.ts`)) as { till: TillDialect }
  return module.till
}

const registered = new Map<string, TillDialect>()
for (const dialect of registeredDialects) registered.set(dialect.name, await loadTill(dialect))

/** Every wording of every dialect that the service speaks. */
export const wordings: readonly Wording[] = [...registered.values()].flatMap((till) => till.wordings)

export function tillOf(dialect: string): TillDialect | undefined {
  return registered.get(dialect)
}

/** @returns what an answer says, in whatever dialect it is; undefined if it is in none */
export function understand(body: string): TillReply | undefined {
  for (const till of registered.values()) {
    const reply = till.wordings[0].decode(body)
    if (reply) return reply
  }
  return undefined
}

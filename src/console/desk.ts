import type { Config } from '../config/config.ts'
import type { Act } from '../journal/audit.ts'
import type { Journal } from '../journal/journal.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Sources } from '../timeline/gather.ts'
import type { Clock } from '../time/clock.ts'
import type { Role } from '../config/console-users.ts'
import { mayActAs, type User } from './access/users.ts'
import type { Overview } from './overview/overview.ts'
import { Refused } from './page.ts'
import type { Reading } from './reading.ts'

/** What all pages work with. `journal` is the service's own: only acts use it. */
export type Desk = {
  config: Config
  reading: Reading
  journal: Journal
  metrics: Metrics
  overview: Overview
  hashCard: (cardNumber: string) => string
  clock: Clock
}

/** One request to a page. */
export type Visit = {
  user: User
  params: Record<string, string>
  query: URLSearchParams
  /** Of a form that was sent. */
  fields: URLSearchParams
  address: string | undefined
}

/** @throws Refused unless the user may act in this role */
export function needRole({ user }: Visit, needed: Role, forWhat: string) {
  if (mayActAs(user.role, needed)) return
  throw new Refused(403, `${forWhat} needs the role ${needed}; ${user.name} is ${user.role}.`)
}

/** @param id two acts with one id are done once */
export function actOf({ user, address }: Visit, id: string, why?: string): Act {
  return { id, who: user.name, role: user.role, by: 'console', why, address }
}

export async function sourcesOf({ reading }: Desk): Promise<Sources> {
  return { diary: await reading.diary(), journal: reading.journal }
}

import type { CoreSimulator } from '../simulators/core.ts'
import type { RunningKafka } from '../support/kafka-cluster.ts'
import type { Trouble } from './chaos.ts'
import type { Sql } from './settle.ts'
import type { Target } from './target.ts'
import type { HeardOk } from './unnoted.ts'

/** What the service needs around it. */
export type Surroundings = {
  /** Of each process; where its journal is comes on top. */
  env: Record<string, string>
  folder: string
  seconds: number
  core: CoreSimulator
  kafka: RunningKafka
  topic: string
}

/** The service in torment: one process, or several. */
export type Tortured = {
  replicas: number
  target: Target
  managementUrls: string[]
  troubles: Trouble[]
  /** Whether the note that this OK has left may be missing, by what befell its process. */
  isUnnoted: (ok: HeardOk) => boolean
  sql: Sql
  /** @returns the exit code of each process */
  stop(): Promise<(number | null)[]>
  start(): Promise<unknown>
  /** Whatever state it is in. */
  end(): Promise<unknown>
}

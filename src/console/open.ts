import { hostname } from 'node:os'
import type { Server } from 'node:http'
import type { Config } from '../config/config.ts'
import type { ConnectionReport } from '../http/end-reasons.ts'
import type { Journal } from '../journal/journal.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Clock, Timers } from '../time/clock.ts'
import { createConsole } from './console.ts'
import { createOverview } from './overview/overview.ts'
import type { Status } from './overview/status.ts'
import { openReading } from './reading.ts'

type Deps = {
  journal: Journal
  metrics: Metrics
  hashCard: (cardNumber: string) => string
  status: () => Status
  report: ConnectionReport
  version: string
  log: Logger
  clock: Clock
  timers: Timers
}

type OpenedConsole = { server: Server; start: () => void; close: () => Promise<void> }

/**
 * The console of this replica: its pages, and what looks at everything in the background. It reads on connections of its
 * own.
 */
export async function openConsole(config: Config, deps: Deps): Promise<OpenedConsole> {
  const { journal, metrics, hashCard, status, report, version, log, clock, timers } = deps
  const reading = await openReading(config, log)
  const overview = createOverview({
    ...{ reading, status, clock, timers },
    replicas: journal.sharedReplicas,
    replicaName: replicaName(),
    language: config.zonal.language,
  })
  const desk = { config, reading, journal, metrics, overview, hashCard, clock }
  return {
    server: createConsole({ desk, users: config.console.users, version, timers, log, report }),
    start: overview.start,
    async close() {
      await overview.stop()
      await reading.close()
    },
  }
}

/** In a pod the service is process 1; elsewhere several may run on one machine. */
function replicaName(): string {
  return process.pid === 1 ? hostname() : `${hostname()} (process ${process.pid})`
}

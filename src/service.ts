import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApp } from './app.ts'
import type { Config } from './config/config.ts'
import { createConnectionReport } from './observability/connection-report.ts'
import { closeServer } from './http/server.ts'
import { createParts } from './parts.ts'
import { systemClock, systemTimers, type Clock, type Timers } from './time/clock.ts'
import { sleep } from './time/waiting.ts'
import type { Logger } from './observability/logger.ts'
import { createManagement } from './observability/management.ts'
import { createCapture } from './zonal/capture/capture.ts'
import type { Dialect } from './zonal/dialect.ts'
import { registeredDialects } from './zonal/dialects/registered.ts'
import { createTillServer } from './zonal/http/server.ts'

type Deps = {
  log: Logger
  version: string
  clock?: Clock | undefined
  timers?: Timers | undefined
  dialects?: readonly Dialect[] | undefined
}

export type Service = Awaited<ReturnType<typeof createService>>

/**
 * Builds every part from the configuration. Nothing listens or connects before `start`.
 *
 * @param deps `clock`, `timers`: instead of the system's
 * @throws StorageUnavailable, JournalInUse, JournalKeyMissing if the journal cannot be used
 */
export async function createService(
  config: Config,
  { log, version, clock = systemClock, timers = systemTimers, dialects = registeredDialects }: Deps,
) {
  const parts = await createParts(config, { log, clock, timers, version })
  const {
    metrics,
    hashCard,
    loyalty,
    reports,
    core,
    budget,
    journal,
    tracing,
    housekeeping,
    reversals,
    publisher,
    relay,
    lease,
    diary,
  } = parts
  metrics.buildInfo.set({ version }, 1)

  let phase: 'starting' | 'ready' | 'draining' = 'starting'
  const stopping = new AbortController()
  const capture = createCapture({ ...config.zonal, dialects, log, metrics })
  const app = createApp({
    tracking: {
      clock,
      deadlineMs: config.zonal.deadlineMs,
      trustedProxies: config.server.trustedProxies,
      tracing,
      log,
      metrics,
      openBreakers: core.openBreakers,
      keep: diary?.keepRequest,
    },
    capture: capture.step,
    refusals: {
      settings: config.zonal,
      isDraining: () => phase !== 'ready',
      stopping: stopping.signal,
      timers,
    },
    routes: {
      dialects,
      loyalty,
      settings: { ...config.zonal, withoutCard: config.tickets.withoutCard },
      timers,
      metrics,
      service: { service: 'zonal-loyalty-adapter', version },
    },
    log,
  })
  const handle = app.callback()
  const tills = createTillServer({
    listener: (request, response) => void handle(request, response),
    dialects,
    settings: config.zonal,
    report: createConnectionReport('tills', { clock, log, metrics }),
  })
  tills.on('clientError', ({ rawPacket }: Error & { rawPacket?: Buffer }) => capture.broken(rawPacket))
  const management = createManagement({
    health: () => reports.health(phase === 'ready'),
    metricsPage: reports.metricsPage,
    report: createConnectionReport('management', { clock, log, metrics }),
  })
  const { port: consolePort } = config.console
  // A service without it does not load it.
  const console =
    consolePort === undefined
      ? undefined
      : await (
          await import('./console/open.ts')
        ).openConsole(config, {
          ...{ journal, metrics, hashCard, version, log, clock, timers },
          status: () => reports.status(phase === 'ready'),
          report: createConnectionReport('console', { clock, log, metrics }),
        })
  let started: Promise<Ports | undefined> | undefined
  let stopped: Promise<void> | undefined

  async function start(): Promise<Ports | undefined> {
    const { host, port, managementPort } = config.server
    const ports: Ports = { port: 0, managementPort: 0 }
    // A stop may come during each of these.
    const steps = [
      () => budget.open(),
      async () => (ports.managementPort = await listen(management, managementPort, host)),
      async () => {
        if (console && consolePort !== undefined)
          ports.consolePort = await listen(console.server, consolePort, host)
      },
      async () => (ports.port = await listen(tills, port, host)),
    ]
    for (const step of steps) {
      if (phase !== 'starting') return undefined
      await step()
    }
    if (phase !== 'starting') return undefined
    lease?.start()
    relay?.start()
    reversals.start()
    housekeeping.start()
    diary?.start()
    console?.start()
    phase = 'ready'
    return ports
  }

  async function stop(): Promise<void> {
    // If it was never ready, no till was sent here.
    const drainMs = phase === 'ready' ? config.server.drainDelayMs : 0
    phase = 'draining'
    await started?.catch(() => undefined)
    if (drainMs > 0) await sleep(timers, drainMs)
    stopping.abort()
    await closeServer(tills, config.zonal.deadlineMs + 500)
    await capture.settled()
    if (console) await closeServer(console.server, 500)
    await console?.close()
    await Promise.all([relay?.stop(), reversals.stop(), housekeeping.stop()])
    await lease?.stop()
    await publisher?.close()
    await core.close()
    await budget.close()
    await diary?.close()
    await journal.close()
    await tracing.close()
    await closeServer(management, 500)
  }

  return {
    /**
     * Kafka and the core need not be available yet.
     * @returns the ports; undefined if it was stopped before it was ready
     * @throws Error if it cannot listen on a port
     */
    start: () => (started ??= start()),

    /**
     * Goes on serving until no ingress sends anything here, finishes what is in flight, then closes everything, the tills'
     * port first. Safe to call at any time, also during `start`, and more than once.
     */
    stop: () => (stopped ??= stop()),
  }
}

/** `consolePort` only if there is a console. */
type Ports = { port: number; managementPort: number; consolePort?: number }

async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

import { join } from 'node:path'
import { startRoundRobin } from '../../sandbox/round-robin.ts'
import { startCuttingProxy } from '../../support/cutting-proxy.ts'
import { journalEnv } from '../../support/journal-url.ts'
import { startCluster } from '../../support/postgres-cluster.ts'
import type { Chance } from '../chance.ts'
import { superviseService } from '../service.ts'
import type { Fate, Target } from '../target.ts'
import type { Blackout } from '../unnoted.ts'

/** How long a replica goes on serving after SIGTERM, and by when nothing is sent there any more. */
const drainMs = 3_000
export const leaveWithinMs = 1_000
/** A till is cut off then, as by an ingress. Longer than any answer takes that is not late. */
const patienceMs = 9_000

export type Fleet = Awaited<ReturnType<typeof startFleet>>
export type Replica = Awaited<ReturnType<typeof startReplica>>

type Order = { count: number; env: Record<string, string>; folder: string }

/** A PostgreSQL whose commits survive a kill, replicas on it, and a round-robin in front of them. */
export async function startFleet({ count, env, folder }: Order) {
  const cluster = await startCluster({ durable: true })
  const databaseUrl = await cluster.createDatabase()
  const numbers = Array.from({ length: count }, (_, index) => index)
  const replicas = await Promise.all(
    numbers.map((number) =>
      startReplica(
        databaseUrl,
        { ...env, DRAIN_DELAY_MS: String(drainMs) },
        join(folder, `replica-${number + 1}.log`),
      ),
    ),
  )
  const roundRobin = await startRoundRobin(
    replicas.map(({ service }) => service.port),
    { isInService: (replica) => replicas[replica]!.isInService, patienceMs },
  )
  const path = new URL(replicas[0]!.service.url).pathname
  const target: Target = { url: roundRobin.url + path, watch: () => watch(replicas) }
  return {
    replicas,
    cluster,
    databaseUrl,
    target,
    async end() {
      await Promise.all(replicas.map(({ service }) => service.kill9()))
      await roundRobin.close()
      for (const { proxy } of replicas) proxy.stop()
      await cluster.stop()
    },
  }
}

async function startReplica(databaseUrl: string, env: Record<string, string>, logFile: string) {
  const proxy = await startCuttingProxy(databaseUrl)
  const service = await superviseService({ ...env, ...journalEnv(proxy.url) }, logFile)
  return {
    service,
    proxy,
    /** Whether the round-robin sends anything there. */
    isInService: true,
    /** Somebody ends or freezes it. */
    isTaken: false,
    /** When it was frozen. */
    freezes: [] as { fromMs: number; toMs: number }[],
    /** When it could not write. */
    blackouts: [] as Blackout[],
  }
}

/** @returns as `Target` has it. One that stops in order loses no message, so a stop is no end */
function watch(replicas: Replica[]) {
  const sinceMs = performance.now()
  return (number: number | undefined): Fate => {
    const asked = number === undefined ? replicas : [replicas[number]!]
    if (asked.some(({ freezes }) => freezes.some(({ toMs }) => toMs >= sinceMs))) return 'frozen'
    const isKilled = asked.some(({ service }) => service.killedAtMs.some((atMs) => atMs >= sinceMs))
    return isKilled ? 'ended' : 'nothing'
  }
}

/** A time that begins now, and lasts until its end is called. */
export function beginSpan<Span extends { fromMs: number; toMs: number }>(
  spans: Span[],
  more: Omit<Span, 'fromMs' | 'toMs'>,
): () => void {
  const span = { ...more, fromMs: performance.now(), toMs: Infinity } as Span
  spans.push(span)
  return () => void (span.toMs = performance.now())
}

/**
 * Takes a replica that nobody has taken, as long as another is left to serve.
 * @returns undefined if there is none
 */
export function takeReplica(replicas: Replica[], chance: Chance, wanted?: Replica): Replica | undefined {
  const free = replicas.filter(({ isTaken }) => !isTaken)
  if (free.length < 2 || (wanted && !free.includes(wanted))) return undefined
  const taken = wanted ?? chance.pick(free)
  taken.isTaken = true
  return taken
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startReplicas } from '../sandbox/replicas.ts'
import { startCoreSimulator } from '../simulators/core.ts'
import { apiKey, projectOf, startPoints } from '../torture/project.ts'
import { runCheckouts } from './checkouts.ts'
import { startRollout } from './rollout.ts'

/** More than guests come within a minute, so that no card waits for its turn. */
const guests = 6_000

type Order = {
  replicas: number
  restarts: number
  perSecond: number
  drainMs: number
  probeEveryMs: number
}

/**
 * Replaces every replica, one after the other, again and again, while tills send their messages through a round-robin.
 *
 * @param order `restarts`: of all replicas; `drainMs`: how long a replica serves after its SIGTERM; `probeEveryMs`: less
 * than that, so that nothing reaches a replica which does not listen any more
 * @param patientEnv of the service, for a machine that is busy
 * @returns the figures of one line, and what tills heard instead of OK
 */
export async function runRollingRestart(order: Order, patientEnv: Record<string, string> = {}) {
  const { replicas, restarts, perSecond, drainMs, probeEveryMs } = order
  const folder = await mkdtemp(join(tmpdir(), 'rolling-restart-'))
  const ends: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  const onEnd = (end: () => Promise<unknown>) => void ends.push(end)
  try {
    const { project, venueIds, cards } = projectOf({ venues: 1, cards: guests, couponsOfCard: 0 })
    const core = await startCoreSimulator({ limit: 'off', projects: [project] })
    onEnd(core.close)
    const own = { CORE_BASE_URL: core.url, CORE_RATE_LIMIT: '0', DRAIN_DELAY_MS: String(drainMs) }
    const env = { ...own, ...patientEnv }
    const logFileOf = (replica: number) => join(folder, `replica-${replica}.log`)
    const started = await startReplicas({ count: replicas, env, logFileOf, onEnd })
    const rollout = startRollout(started, probeEveryMs)
    onEnd(rollout.stop)

    const closing = new AbortController()
    onEnd(async () => closing.abort())
    const venue = { url: started.url, venueId: venueIds[0] ?? '', apiKey }
    const serving = runCheckouts(venue, { perSecond, cards }, closing.signal)
    const exits = []
    for (let restart = 0; restart < restarts; restart++) exits.push(...(await rollout.replaceAll()))
    closing.abort()
    const { figures, failures, servedCards } = await serving

    return {
      figures: {
        ...order,
        ...figures,
        ended: exits.length,
        endedBadly: exits.filter(({ code }) => code !== 0).length,
        ticketsLost: Math.max(
          0,
          figures.tickets - (await countTickets(rollout.pods()[0]?.managementUrl ?? '')),
        ),
        cardsWrong: [...servedCards].filter((card) => core.points(card) !== startPoints).length,
      },
      failures,
    }
  } finally {
    for (const end of ends.toReversed()) await end()
  }
}

/** Without Kafka they wait in the journal. */
async function countTickets(managementUrl: string): Promise<number> {
  const page = await (await fetch(`${managementUrl}/metrics`)).text()
  return Number(/^zonal_tickets_waiting (\d+)$/m.exec(page)?.[1])
}

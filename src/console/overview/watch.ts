import type { Clock, Timers } from '../../time/clock.ts'
import { createLoop } from '../../time/loop.ts'
import type { Condition } from './conditions.ts'

const everyMs = 15_000

type Deps = {
  /** @returns what is wrong now */
  look: () => Promise<Condition[]>
  clock: Clock
  timers: Timers
}

/** `isExact`: whether it is known since when, or only since when it was seen. */
export type SeenCondition = Omit<Condition, 'sinceMs'> & { sinceMs: number; isExact: boolean }

/** Looks again and again, so that it is known since when something is wrong, also if nobody has the console open. */
export function createWatch({ look, clock, timers }: Deps) {
  const firstSeen = new Map<string, number>()

  async function current(): Promise<SeenCondition[]> {
    const found = await look()
    const alerts = new Set(found.map(({ alert }) => alert))
    for (const alert of firstSeen.keys()) if (!alerts.has(alert)) firstSeen.delete(alert)
    return found.map(({ alert, text, sinceMs }) => {
      const seenMs = firstSeen.get(alert) ?? clock.nowMs()
      firstSeen.set(alert, seenMs)
      // `sinceMs` may be later than the first sighting: the oldest waiting ticket can be younger than the outage.
      const isExact = sinceMs !== undefined && sinceMs <= seenMs
      return { alert, text, sinceMs: isExact ? sinceMs : seenMs, isExact }
    })
  }

  const loop = createLoop({
    timers,
    async step() {
      // What cannot be read now is looked at again.
      await current().catch(() => undefined)
      return everyMs
    },
  })
  return { current, start: loop.start, stop: loop.stop }
}

import type { SharedReplicas, ReplicaSeen } from '../../journal/shared.ts'
import { findSilentVenues, type SilentVenue } from '../../timeline/silent.ts'
import type { Clock, Timers } from '../../time/clock.ts'
import type { Language } from '../../zonal/catalogue.ts'
import type { Reading } from '../reading.ts'
import { findConditions } from './conditions.ts'
import { createLastDay, type LastDay, type Outcomes } from './last-day.ts'
import type { Status } from './status.ts'
import { createWatch, type SeenCondition } from './watch.ts'

/** What the first page shows. `day` is undefined without a diary, `counts` if the journal cannot be read. */
export type OverviewData = {
  conditions: SeenCondition[]
  day: LastDay | undefined
  silent: SilentVenue[]
  replicas: (ReplicaSeen & { status: Status })[]
}

type Deps = {
  reading: Reading
  status: () => Status
  replicas: SharedReplicas | undefined
  replicaName: string
  language: Language
  clock: Clock
  timers: Timers
}

/** Venues that are silent for so long, and usually are not. */
const silentMs = 2 * 60 * 60 * 1000
/** Whoever looks meanwhile sees the same. */
const freshMs = { seen: 1_000, silent: 60_000 }

export type Overview = ReturnType<typeof createOverview>

export function createOverview({ reading, status, replicas, replicaName, language, clock, timers }: Deps) {
  const lastDay = createLastDay(language)
  const readDay = shared(freshMs.seen, clock, async () => {
    const diary = await reading.diary()
    return diary && (await lastDay.read(diary, reading.journal, clock.nowMs()))
  })
  const readSilent = shared(freshMs.silent, clock, async () => {
    const diary = await reading.diary()
    return diary ? await findSilentVenues(diary, silentMs, clock.nowMs()) : []
  })
  const readReplicas = shared(freshMs.seen, clock, async () => {
    const own = { name: replicaName, seenAtMs: clock.nowMs(), status: status() }
    await replicas?.tell(replicaName, JSON.stringify(own.status))
    const others = (await replicas?.list()) ?? []
    const told = others.filter(({ name }) => name !== replicaName)
    return [own, ...told.map((each) => ({ ...each, status: JSON.parse(each.facts) as Status }))]
  })

  async function look() {
    const [counts, day, silent, all] = await Promise.all([
      reading.journal.counts().catch(() => undefined),
      readDay().catch(() => undefined),
      readSilent().catch(() => []),
      readReplicas().catch(() => undefined),
    ])
    const own = status()
    // If the others cannot be asked, that is what is wrong.
    const hasRelay = own.isRelay === undefined || !all || all.some(({ status }) => status.isRelay === true)
    const recent = day && addUp(day.quarters.slice(-2).map(({ outcomes }) => outcomes))
    return findConditions({ status: own, counts, recent, silent, hasRelay }, clock.nowMs())
  }

  const watch = createWatch({ look, clock, timers })
  return {
    /** @throws StorageUnavailable, or what the database says, if neither journal nor diary can be read */
    async see(): Promise<OverviewData> {
      const conditions = await watch.current()
      const [day, silent, all] = await Promise.all([
        readDay().catch(() => undefined),
        readSilent().catch(() => []),
        readReplicas().catch(() => [
          { name: replicaName, seenAtMs: clock.nowMs(), facts: '', status: status() },
        ]),
      ])
      return { conditions, day, silent, replicas: all.map((each) => ({ facts: '', ...each })) }
    },
    start: watch.start,
    stop: watch.stop,
  }
}

function addUp(all: readonly Outcomes[]): Outcomes {
  const total = { ok: 0, refused: 0, failed: 0, hungUp: 0 }
  for (const each of all)
    for (const name of Object.keys(total) as (keyof Outcomes)[]) total[name] += each[name]
  return total
}

/** @returns a function that reads once for all who ask at the same time, or a little later */
function shared<T>(keptMs: number, clock: Clock, read: () => Promise<T>): () => Promise<T> {
  let last: { promise: Promise<T>; untilMs: number } | undefined
  return () => {
    if (last && clock.monotonicMs() < last.untilMs) return last.promise
    const promise = read()
    const begun = { promise, untilMs: Infinity }
    last = begun
    promise.then(
      () => (begun.untilMs = clock.monotonicMs() + keptMs),
      () => (begun.untilMs = 0),
    )
    return promise
  }
}

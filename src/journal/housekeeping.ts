import type { Timers } from '../time/clock.ts'
import { createLoop } from '../time/loop.ts'
import type { Journal } from './journal.ts'

/** How often a trouble is looked at, and what is past its time. */
const lookEveryMs = 5_000
/** Between two steps, for the tills. */
const stepPauseMs = 50

type Deps = { journal: Pick<Journal, 'tidy'>; timers: Timers }

/** Keeps the journal tidy in the background, a small step at a time. A trouble is logged by the journal itself. */
export function createHousekeeping({ journal, timers }: Deps) {
  return createLoop({
    timers,
    async step() {
      const { isTidy } = await journal.tidy().catch(() => ({ isTidy: true }))
      return isTidy ? lookEveryMs : stepPauseMs
    },
  })
}

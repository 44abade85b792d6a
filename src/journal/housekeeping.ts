import type { Timers } from '../time/clock.ts'
import { createLoop } from '../time/loop.ts'
import type { Journal } from './journal.ts'

/** How often expired rows are deleted, and a trouble is checked again. */
const tidyEveryMs = 5_000
/** Pause between two steps, so that tills' requests get through. */
const stepPauseMs = 50

type Deps = { journal: Pick<Journal, 'tidy'>; timers: Timers }

/** Tidies the journal in the background, in small steps. Troubles are logged by the journal itself. */
export function createHousekeeping({ journal, timers }: Deps) {
  return createLoop({
    timers,
    async step() {
      const { isTidy } = await journal.tidy().catch(() => ({ isTidy: true }))
      return isTidy ? tidyEveryMs : stepPauseMs
    },
  })
}

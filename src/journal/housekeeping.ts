import { setTimeout as pause } from 'node:timers/promises'
import type { Journal } from './journal.ts'

/** So often is a trouble looked at, and what is past its time. */
const lookEveryMs = 5_000
/** Between two steps, for the tills. */
const stepPauseMs = 50

/** Keeps the journal tidy in the background, a small step at a time. A trouble is logged by the journal itself. */
export function createHousekeeping(journal: Pick<Journal, 'tidy'>) {
  const stopping = new AbortController()
  let running: Promise<void> | undefined

  async function run() {
    while (!stopping.signal.aborted) {
      const { isTidy } = await journal.tidy().catch(() => ({ isTidy: true }))
      const pauseMs = isTidy ? lookEveryMs : stepPauseMs
      await pause(pauseMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)
    }
  }

  return {
    start(): void {
      running = run()
    },
    /** Ends after the step that is under way. Twice is harmless. */
    async stop(): Promise<void> {
      stopping.abort()
      await running
    },
  }
}

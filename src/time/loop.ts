import type { Timers } from './clock.ts'
import { sleep } from './waiting.ts'

type Deps = {
  timers: Timers
  /**
   * Runs again and again, never twice at once.
   * @returns ms until it runs again; 0: at once
   */
  step: () => Promise<number>
}

/** Background work that goes on until it is stopped. An error of a step ends the process. */
export function createLoop({ timers, step }: Deps) {
  const controller = new AbortController()
  const stopping = controller.signal
  let running: Promise<void> | undefined

  async function run() {
    while (!stopping.aborted) {
      const pauseMs = await step()
      if (pauseMs > 0) await sleep(timers, pauseMs, stopping)
    }
  }

  return {
    /** Aborted once it is to stop: for what a step waits for. */
    stopping,

    start(): void {
      running = run().catch((error: unknown) => {
        if (!stopping.aborted) throw error
      })
    },

    /** Ends a pause at once, and otherwise after the step that is under way. Safe to call twice. */
    async stop(): Promise<void> {
      controller.abort()
      await running
    },
  }
}

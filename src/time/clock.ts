export type Clock = {
  /** Epoch ms: for what is written down. */
  nowMs(): number
  /** Never goes back: for durations and deadlines. */
  monotonicMs(): number
}

export type Timers = {
  /**
   * Calls `act` once, `ms` from now. No timer keeps the process alive: its ports do.
   * @returns a function that cancels it
   */
  after(ms: number, act: () => void): () => void
}

export const systemClock: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() }

export const systemTimers: Timers = {
  after(ms, act) {
    const timer = setTimeout(act, ms).unref()
    return () => clearTimeout(timer)
  },
}

/** Like those, but they keep the process alive: for what is waited for during a start or in a command, without ports. */
export const keepingTimers: Timers = {
  after(ms, act) {
    const timer = setTimeout(act, ms)
    return () => clearTimeout(timer)
  },
}

import { EventEmitter, once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock, Timers } from '../../src/time/clock.ts'

export type ManualClock = ReturnType<typeof createManualClock>

/** Enough for whatever a timer starts to get as far as it can: to its next timer, or to the network. */
const turnsToSettle = 10

/** A clock that stands still until the test moves it, and timers that go by it: given as `clock` and as `timers`. */
export function createManualClock(startMs = Date.UTC(2026, 10, 23, 12)) {
  // Not 0, which lru-cache takes as a time that was never set.
  let passedMs = 1
  let timers: { ms: number; atMs: number; act: () => void }[] = []
  const changes = new EventEmitter()

  const settle = async () => {
    for (let turn = 0; turn < turnsToSettle; turn++) await nextTurn()
  }
  const countSet = (ms: number) => timers.filter((timer) => timer.ms === ms).length

  /** @returns false if no timer is due by then */
  async function callNext(untilMs: number): Promise<boolean> {
    const [next] = timers.toSorted((a, b) => a.atMs - b.atMs)
    if (!next || next.atMs > untilMs) return false
    timers = timers.filter((timer) => timer !== next)
    passedMs = Math.max(passedMs, next.atMs)
    next.act()
    await settle()
    return true
  }

  /**
   * Lets time pass: calls what is due, in order, and each time waits until everything waits for timers or the network.
   */
  async function pass(ms: number) {
    const untilMs = passedMs + ms
    await settle()
    while (await callNext(untilMs));
    passedMs = untilMs
  }

  return {
    nowMs: () => startMs + passedMs - 1,
    monotonicMs: () => passedMs,
    after(ms: number, act: () => void) {
      const timer = { ms, atMs: passedMs + ms, act }
      timers.push(timer)
      changes.emit('set', ms)
      return () => {
        timers = timers.filter((each) => each !== timer)
      }
    },

    /** @returns how many timers are set */
    timersSet: () => timers.length,

    /** Resolves when a timer of so long is set, or so many of them. */
    async whenSet(ms: number, count = 1) {
      while (countSet(ms) < count) await once(changes, 'set')
    },

    /** Moves the time alone: what is due meanwhile is called by the next `pass`. */
    advance(ms: number) {
      passedMs += ms
    },

    pass,

    /** Lets time pass for as long as the work takes: it must have no deadline by this clock. */
    async passUntil(work: Promise<unknown>) {
      let isOver = false
      const over = () => void (isOver = true)
      work.then(over, over)
      while (!isOver) await pass(1_000)
      await work
    },

    /** Lets time pass until a timer of so long has been set: for what happens at a time that the test cannot know. */
    async passUntilSet(ms: number) {
      let hasBeenSet = countSet(ms) > 0
      const look = (setMs: number) => (hasBeenSet ||= setMs === ms)
      changes.on('set', look)
      await settle()
      while (!hasBeenSet) if (!(await callNext(Infinity))) throw new Error('no timer is set')
      changes.off('set', look)
    },
  } satisfies Clock & Timers & Record<string, unknown>
}

import { createStallMeter } from './stalls.ts'

/** What happened while it ran; names are counted as they come. */
export type Figures = ReturnType<typeof createFigures>

/** POS_DEADLINE_MS, and what the way there and back may take. */
const latestMs = 2_600

/** @param note is told of all that was done to the service, for a timeline */
export function createFigures(note: (event: object) => void) {
  const operations = new Map<string, number>()
  const answers = new Map<string, number>()
  const faults = new Map<string, number>()
  const chaos = new Map<string, number>()
  /** What must never happen, in words. */
  const broken: string[] = []
  const stalls = createStallMeter()
  let late = 0
  let maxMs = 0

  function noted(what: string, count: (name: string) => void) {
    return (name: string) => {
      count(name)
      note({ at: new Date().toISOString(), [what]: name })
    }
  }

  return {
    operation: counterOf(operations),
    answer: counterOf(answers),
    fault: noted('fault', counterOf(faults)),
    chaos: noted('chaos', counterOf(chaos)),
    broken,
    /** @returns to be called when the answer is there, or given up; @param what is waited for */
    wait(what: string) {
      const startedMs = performance.now()
      const stalledBeforeMs = stalls.stalledMs()
      return () => {
        const ms = performance.now() - startedMs
        maxMs = Math.max(maxMs, Math.round(ms))
        if (ms - (stalls.stalledMs() - stalledBeforeMs) <= latestMs) return
        late += 1
        broken.push(`late: ${what} after ${Math.round(ms)} ms`)
      }
    },
    end: () => stalls.stop(),
    summary: () => ({
      operations: Object.fromEntries(operations),
      answers: Object.fromEntries(answers),
      chaos: Object.fromEntries(chaos),
      faults: Object.fromEntries(faults),
      late,
      maxMs,
      stalledMs: Math.round(stalls.stalledMs()),
    }),
  }
}

function counterOf(counts: Map<string, number>) {
  return (name: string) => void counts.set(name, (counts.get(name) ?? 0) + 1)
}

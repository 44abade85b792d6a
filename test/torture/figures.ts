import { createStallMeter } from '../support/stalls.ts'

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

  function noted(what: string, counts: Map<string, number>) {
    return (name: string) => {
      count(counts, name)
      note({ at: new Date().toISOString(), [what]: name })
    }
  }

  return {
    operation: counterOf(operations),
    answer: counterOf(answers),
    fault: noted('fault', faults),
    chaos: noted('chaos', chaos),
    broken,
    /**
     * @param what is waited for
     * @returns to be called when the answer is there, or given up. Of a replica that was frozen it is not called late
     */
    wait(what: string) {
      const startedMs = performance.now()
      const stalledBeforeMs = stalls.stalledMs()
      return ({ isFrozen = false } = {}) => {
        const ms = performance.now() - startedMs
        const isLate = ms - (stalls.stalledMs() - stalledBeforeMs) > latestMs
        if (isFrozen) return isLate ? count(answers, 'after a thaw') : undefined
        maxMs = Math.max(maxMs, Math.round(ms))
        if (!isLate) return
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
  return (name: string) => count(counts, name)
}

function count(counts: Map<string, number>, name: string) {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

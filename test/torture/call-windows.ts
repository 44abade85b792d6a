import { publishedLimit } from '../simulators/core/rate-limit.ts'

const { windowMs } = publishedLimit
const sampleEveryMs = 100

/**
 * @param callsAtMs when the core got each call, in order
 * @param flood the mean is of windows in there, since before and after it fewer calls are wanted
 * @returns how many calls came within ten seconds: at most, and on average
 */
export function countInWindows(callsAtMs: number[], flood: { fromMs: number; untilMs: number }) {
  const endingAt = (endMs: number) =>
    callsAtMs.filter((atMs) => atMs > endMs - windowMs && atMs <= endMs).length
  const samples: number[] = []
  for (let endMs = flood.fromMs + windowMs; endMs <= flood.untilMs; endMs += sampleEveryMs)
    samples.push(endingAt(endMs))
  const mean = samples.reduce((sum, each) => sum + each, 0) / samples.length
  return { most: Math.max(...callsAtMs.map(endingAt)), mean: Math.round(mean * 10) / 10 }
}

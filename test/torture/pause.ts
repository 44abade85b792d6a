import { setTimeout as pause } from 'node:timers/promises'

/** @returns false if the signal came first, or had come before */
export async function pauseUntil(signal: AbortSignal, ms: number): Promise<boolean> {
  return pause(ms, true, { signal }).catch(() => false)
}

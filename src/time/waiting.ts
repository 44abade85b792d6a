import type { Timers } from './clock.ts'

/** @throws the signal's reason as soon as it is aborted */
export async function sleep(timers: Timers, ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const cancel = timers.after(ms, resolve)
  const wakeUp = () => reject(signal?.reason)
  signal?.addEventListener('abort', wakeUp)
  try {
    await promise
  } finally {
    cancel()
    signal?.removeEventListener('abort', wakeUp)
  }
}

/**
 * Waits for work that goes on without us if it takes too long.
 *
 * @throws what the work throws; what `tooLate` makes if it has not settled within `ms`
 */
export async function within<T>(
  timers: Timers,
  ms: number,
  work: Promise<T>,
  tooLate: () => Error,
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const cancel = timers.after(Math.max(0, ms), () => reject(tooLate()))
  try {
    return await Promise.race([work, late])
  } finally {
    cancel()
  }
}

/** @returns whether the work has settled within `ms`; a rejection counts as settled, and is not thrown */
export async function settlesWithin(timers: Timers, ms: number, work: Promise<unknown>): Promise<boolean> {
  const settled = work.then(
    () => true,
    () => true,
  )
  const { promise: late, resolve } = Promise.withResolvers<boolean>()
  const cancel = timers.after(Math.max(0, ms), () => resolve(false))
  try {
    return await Promise.race([settled, late])
  } finally {
    cancel()
  }
}

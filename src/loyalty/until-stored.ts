import { StorageUnavailable } from '../model/refusal.ts'
import type { Timers } from '../time/clock.ts'
import { sleep } from '../time/waiting.ts'

const againAfterMs = 250

/**
 * Uses the journal again and again until it can be used: for what the till has been told already.
 * @param onFailure called with the first error, if there is one
 * @throws what the use throws, other than StorageUnavailable
 */
export async function untilStored<T>(
  timers: Timers,
  use: () => Promise<T>,
  onFailure: (error: unknown) => void = () => undefined,
): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await use()
    } catch (error) {
      if (failures === 0) onFailure(error)
      if (!(error instanceof StorageUnavailable)) throw error
      await sleep(timers, againAfterMs)
    }
  }
}

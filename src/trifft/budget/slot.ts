import type { Clock } from '../../time/clock.ts'
import { CoreUnavailable } from '../errors.ts'
import type { FindBlock, Slot } from './claims.ts'
import type { SharedScope } from './shared-scope.ts'
import type { SlidingLog } from './sliding-log.ts'

type Parts = {
  /** Where its calls count. */
  logs: SlidingLog[]
  /** Of all replicas, one for each call. */
  slots: number[]
  shared: SharedScope | undefined
  findBlock: FindBlock
  onBlock: (retryAfterSeconds: number | undefined) => void
  onEnd: () => void
  clock: Clock
}

/** What runs the calls of a claim that was granted. */
export function createSlot({ logs, slots, shared, findBlock, onBlock, onEnd, clock }: Parts): Slot {
  return async (call) => {
    let hasLeft = true
    try {
      const block = findBlock()
      if (block) throw block
      // Checked again on the wire: connecting takes time, and a block may begin meanwhile.
      return await call(findBlock)
    } catch (error) {
      hasLeft = !(error instanceof CoreUnavailable) || error.status !== undefined
      if (error instanceof CoreUnavailable && error.status === 429) onBlock(error.retryAfterSeconds)
      throw error
    } finally {
      for (const log of logs) {
        if (hasLeft) log.end(clock.monotonicMs())
        else log.undo()
      }
      const slot = slots.pop()
      if (slot !== undefined) shared?.end(slot, hasLeft)
      onEnd()
    }
  }
}

import type { Clock, Timers } from '../../time/clock.ts'
import type { Metrics } from '../../observability/metrics.ts'
import { CoreUnavailable } from '../errors.ts'
import { capacityFor, createQueue, type Lane } from './lanes.ts'
import { createShares } from './shares.ts'
import { createSlidingLog, type SlidingLog } from './sliding-log.ts'

export type Claim = {
  lane: Lane
  /** Who takes turns within a lane: venues, or of strangers the networks that they come from. */
  turnOf: string
  /** All of them or none. */
  count: 1 | 2
  /** How long it may wait. At 0 and below it still gets a slot that is free now. */
  waitMs: number
}

/**
 * Runs a call; where two slots were claimed, each of two calls. A slot is free again one window after its call has ended, and
 * at once if the call never left.
 */
export type Slot = <T>(call: (findBlock: FindBlock) => Promise<T>) => Promise<T>

/** @returns why a call must not leave now; undefined if it may */
export type FindBlock = () => CoreUnavailable | undefined

type Waiting = Claim & {
  sinceMs: number
  latestMs: number
  grant: (slot: Slot) => void
  refuse: (error: CoreUnavailable) => void
}

/** Why a call is not sent: no slot is free in time, the core has blocked us, or the process before this one was killed. */
export type Reason = 'no_slot' | 'blocked' | 'quiet_after_kill'

type Deps = {
  /** Slots of a window; 0 is no limit. */
  limit: number
  windowMs: number
  /** Monotonic ms: when each slot that the process before this one has used is free again, the soonest first. */
  freeAtMs: number[]
  /** Monotonic ms: until then all slots count as used, since nobody knows what a killed process has sent. */
  quietUntilMs: number
  blockedUntilMs: number
  /** The core has said 429. */
  onBlock: (retryAfterSeconds: number | undefined) => void
  clock: Clock
  timers: Timers
  metrics: Pick<Metrics, 'coreWaitSeconds' | 'coreSlotRefusals'>
}

export type Slots = ReturnType<typeof createSlots>

/** For each network: behind one proxy many honest tills may start together. */
const maxStrangersWaiting = 100

/** The slots that share one limit, and the claims that wait for them. */
export function createSlots(deps: Deps) {
  const { limit, windowMs, onBlock, clock, timers, metrics } = deps
  // Without a limit there is no need to remember calls that have ended.
  const used = createSlidingLog(limit === 0 ? 0 : windowMs, deps.freeAtMs)
  const shares = createShares(limit, windowMs)
  const queue = createQueue<Waiting>()
  let blockedUntilMs = deps.blockedUntilMs
  let cancelLook: (() => void) | undefined

  /** Grants the claims that fit now, refuses those that cannot fit in time, and looks again when that may have changed. */
  function settle(nowMs = clock.monotonicMs()) {
    if (queue.isEmpty()) return
    if (blockedUntilMs > nowMs) return refuseAll('blocked', blockedUntilMs - nowMs)
    refuseLate(nowMs)
    for (let next = nextInTurn(nowMs); next && fits(next, nowMs); next = nextInTurn(nowMs)) grant(next, nowMs)
    if (queue.isEmpty()) return cancelLook?.()
    refuseLate(nowMs)
    lookAgain(nowMs)
  }

  function refuseLate(nowMs: number) {
    for (const waiting of queue.all()) {
      const earliestMs = Math.max(
        used.earliestMs(capacityFor(waiting.lane, limit) - waiting.count, nowMs),
        shares.earliestMs(waiting.lane, nowMs),
      )
      const reason = deps.quietUntilMs > nowMs ? 'quiet_after_kill' : 'no_slot'
      if (earliestMs > waiting.latestMs) refuse(waiting, reason, Math.max(earliestMs - nowMs, 1))
    }
  }

  /** No claim overtakes one that does not fit yet: otherwise a claim for two slots might never find both. */
  function nextInTurn(nowMs: number): Waiting | undefined {
    const passOver: Lane[] = shares.isStrangerShareUsedUp(nowMs) ? ['stranger'] : []
    const other = shares.isUndoShareUsedUp(nowMs)
      ? queue.next({ passOver: ['undo', ...passOver] })
      : undefined
    return other ?? queue.next({ passOver })
  }

  function fits({ lane, count }: Waiting, nowMs: number): boolean {
    return used.count(nowMs) + count <= capacityFor(lane, limit)
  }

  function grant(waiting: Waiting, nowMs: number) {
    queue.remove(waiting, { isTurn: true })
    metrics.coreWaitSeconds.observe({ lane: waiting.lane }, (nowMs - waiting.sinceMs) / 1000)
    const logs = [used, ...shares.logsOf(waiting.lane)]
    for (const log of logs) for (let slot = 0; slot < waiting.count; slot++) log.begin()
    waiting.grant(createSlot(logs))
  }

  function refuse(waiting: Waiting, reason: Reason, freeInMs: number) {
    queue.remove(waiting, { isTurn: false })
    metrics.coreSlotRefusals.inc({ lane: waiting.lane, reason })
    waiting.refuse(busy(reason, freeInMs))
  }

  function refuseAll(reason: Reason, freeInMs: number) {
    cancelLook?.()
    for (const waiting of queue.all()) refuse(waiting, reason, freeInMs)
  }

  /** When the next slot is free, or the first claim runs out of time. */
  function lookAgain(nowMs: number) {
    cancelLook?.()
    const waiting = queue.all()
    if (waiting.length === 0) return
    // Without a limit only the end of a call makes room.
    const freeMs = limit === 0 ? Infinity : used.earliestMs(used.count(nowMs) - 1, nowMs)
    const atMs = Math.min(freeMs, ...waiting.map(({ latestMs }) => latestMs))
    cancelLook = timers.after(Math.max(1, Math.ceil(atMs - nowMs)), () => settle())
  }

  function findBlock(): CoreUnavailable | undefined {
    const blockedForMs = blockedUntilMs - clock.monotonicMs()
    return blockedForMs > 0 ? busy('blocked', blockedForMs) : undefined
  }

  function createSlot(logs: SlidingLog[]): Slot {
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
        settle()
      }
    }
  }

  return {
    /** @throws CoreUnavailable `CORE_BUSY`, at once if no slot can be free in time */
    async acquire(claim: Claim): Promise<Slot> {
      if (claim.lane === 'stranger' && queue.countOf(claim) >= maxStrangersWaiting) {
        metrics.coreSlotRefusals.inc({ lane: claim.lane, reason: 'no_slot' })
        throw busy('no_slot', 1)
      }
      const { promise, resolve, reject } = Promise.withResolvers<Slot>()
      const sinceMs = clock.monotonicMs()
      const latestMs = sinceMs + Math.max(claim.waitMs, 0)
      queue.add({ ...claim, sinceMs, latestMs, grant: resolve, refuse: reject })
      // As of the claim: a moment later, one that has no time to wait would be late.
      settle(sinceMs)
      return promise
    },

    /** Nothing leaves until then. A block is never shortened. */
    block(untilMs: number) {
      blockedUntilMs = Math.max(blockedUntilMs, untilMs)
      settle()
    },

    /** Refuses the claims that still wait. */
    close: () => refuseAll('no_slot', 0),

    /** @returns for each slot in use when it is free, as if all calls under way ended now */
    freeAtMs: () => used.stopsMs(clock.monotonicMs()),
    blockedForMs: () => Math.max(0, blockedUntilMs - clock.monotonicMs()),
    waiting: (lane: Lane) => queue.count(lane),
  }
}

function busy(reason: Reason, freeInMs: number): CoreUnavailable {
  const retryAfterSeconds = Math.ceil(freeInMs / 1000)
  return new CoreUnavailable({ message: `not sent (${reason})`, retryAfterSeconds }, 'CORE_BUSY')
}

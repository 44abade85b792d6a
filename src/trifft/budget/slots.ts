import type { Clock, Timers } from '../../time/clock.ts'
import type { Metrics } from '../../observability/metrics.ts'
import { CoreUnavailable } from '../errors.ts'
import { createQueue, mostTaken, type Lane } from './lanes.ts'
import { createShares } from './shares.ts'
import { createSlidingLog, type SlidingLog } from './sliding-log.ts'

export type Claim = {
  lane: Lane
  /** The venue whose turn it is within a lane; of strangers the network that they come from. */
  turnOf: string
  /** All of them or none. */
  count: 1 | 2
  /** How long it may wait; with nothing left it still gets a slot that is free now. */
  waitMs: number
}

/**
 * Runs a call, and another where two were claimed. Each one's slot is free again a window after the call's end, and at
 * once where it never left.
 */
export type Slot = <T>(call: (findBlock: FindBlock) => Promise<T>) => Promise<T>

/** @returns why a call may not leave now; undefined where it may */
export type FindBlock = () => CoreUnavailable | undefined

type Waiting = Claim & {
  sinceMs: number
  latestMs: number
  grant: (slot: Slot) => void
  refuse: (error: CoreUnavailable) => void
}

/** Why a call is not sent: all slots are taken, the core has us blocked, or a process before this one was killed. */
export type Reason = 'no_slot' | 'blocked' | 'quiet_after_kill'

type Deps = {
  /** Slots of a window; 0 is no limit. */
  limit: number
  windowMs: number
  /** Monotonic ms: when the slots that a process before this one took are free again. */
  takenUntilMs: number[]
  /** Monotonic ms: until then slots are taken since nobody knows what a process that was killed has sent. */
  quietUntilMs: number
  blockedUntilMs: number
  /** The core has said 429. */
  onBlock: (retryAfterSeconds: number | undefined) => void
  clock: Clock
  timers: Timers
  metrics: Pick<Metrics, 'coreWaitSeconds' | 'coreSlotRefusals'>
}

export type Slots = ReturnType<typeof createSlots>

/** Of one network; behind one proxy many honest tills may start together. */
const mostStrangersWaiting = 100

/** The slots that share one limit, and who waits for them. */
export function createSlots(deps: Deps) {
  const { limit, windowMs, onBlock, clock, timers, metrics } = deps
  // Without a limit nothing is remembered of what has ended.
  const taken = createSlidingLog(limit === 0 ? 0 : windowMs, deps.takenUntilMs)
  const shares = createShares(limit, windowMs)
  const queue = createQueue<Waiting>()
  let blockedUntilMs = deps.blockedUntilMs
  let cancelLook: (() => void) | undefined

  /** Grants whatever can be granted now, refuses what can no longer be granted in time, and looks again later. */
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
        taken.earliestMs(mostTaken(waiting.lane, limit) - waiting.count, nowMs),
        shares.earliestMs(waiting.lane, nowMs),
      )
      const reason = deps.quietUntilMs > nowMs ? 'quiet_after_kill' : 'no_slot'
      if (earliestMs > waiting.latestMs) refuse(waiting, reason, Math.max(earliestMs - nowMs, 1))
    }
  }

  /** Nobody overtakes a claim that does not fit yet, or one for two slots would never find both. */
  function nextInTurn(nowMs: number): Waiting | undefined {
    const through: Lane[] = shares.areStrangersThrough(nowMs) ? ['stranger'] : []
    const other = shares.areUndosThrough(nowMs) ? queue.next({ passOver: ['undo', ...through] }) : undefined
    return other ?? queue.next({ passOver: through })
  }

  function fits({ lane, count }: Waiting, nowMs: number): boolean {
    return taken.count(nowMs) + count <= mostTaken(lane, limit)
  }

  function grant(waiting: Waiting, nowMs: number) {
    queue.remove(waiting, { isTurn: true })
    metrics.coreWaitSeconds.observe({ lane: waiting.lane }, (nowMs - waiting.sinceMs) / 1000)
    const logs = [taken, ...shares.logsOf(waiting.lane)]
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

  /** When the next slot is free, or the first claim gives up. */
  function lookAgain(nowMs: number) {
    cancelLook?.()
    const waiting = queue.all()
    if (waiting.length === 0) return
    // Without a limit only a call's end makes room.
    const freeMs = limit === 0 ? Infinity : taken.earliestMs(taken.count(nowMs) - 1, nowMs)
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
        // Asked again on the wire: a connection may take its time, and a block may begin meanwhile.
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
    /** @throws CoreUnavailable `CORE_BUSY`, at once where it is certain that no slot can be free in time */
    async take(claim: Claim): Promise<Slot> {
      if (claim.lane === 'stranger' && queue.countOf(claim) >= mostStrangersWaiting) {
        metrics.coreSlotRefusals.inc({ lane: claim.lane, reason: 'no_slot' })
        throw busy('no_slot', 1)
      }
      const { promise, resolve, reject } = Promise.withResolvers<Slot>()
      const sinceMs = clock.monotonicMs()
      const latestMs = sinceMs + Math.max(claim.waitMs, 0)
      queue.add({ ...claim, sinceMs, latestMs, grant: resolve, refuse: reject })
      // At the time of the claim: a moment later one without time to wait would be late.
      settle(sinceMs)
      return promise
    },

    /** Until then nothing leaves. A block never gets shorter. */
    block(untilMs: number) {
      blockedUntilMs = Math.max(blockedUntilMs, untilMs)
      settle()
    },

    /** Whoever still waits is refused. */
    close: () => refuseAll('no_slot', 0),

    takenUntilMs: () => taken.stopsMs(clock.monotonicMs()),
    blockedForMs: () => Math.max(0, blockedUntilMs - clock.monotonicMs()),
    waiting: (lane: Lane) => queue.count(lane),
  }
}

function busy(reason: Reason, freeInMs: number): CoreUnavailable {
  const retryAfterSeconds = Math.ceil(freeInMs / 1000)
  return new CoreUnavailable({ message: `not sent (${reason})`, retryAfterSeconds }, 'CORE_BUSY')
}

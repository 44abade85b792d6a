import type { Clock, Timers } from '../../time/clock.ts'
import type { Metrics } from '../../observability/metrics.ts'
import type { CoreUnavailable } from '../errors.ts'
import { busy, type Claim, type Reason, type Slot, type Waiting } from './claims.ts'
import { capacityFor, createQueue, type Lane } from './lanes.ts'
import { createShares } from './shares.ts'
import { createSlot } from './slot.ts'
import { createOthers, type Others } from './others.ts'
import type { SharedScope } from './shared-scope.ts'
import { createSlidingLog } from './sliding-log.ts'

type Deps = {
  /** Slots of a window; 0 is no limit. */
  limit: number
  windowMs: number
  /** Monotonic ms: when each slot that the process before this one has used is free again, the soonest first. */
  freeAtMs: number[]
  /** Monotonic ms: until then all slots count as used, since nobody knows what a killed process has sent. */
  quietUntilMs: number
  blockedUntilMs: number
  /** The slots of all replicas, which have to be asked too; undefined if this process is alone. */
  shared: SharedScope | undefined
  /** The core has said 429. */
  onBlock: (retryAfterSeconds: number | undefined) => void
  clock: Clock
  timers: Timers
  metrics: Pick<Metrics, 'coreWaitSeconds' | 'coreSlotRefusals'>
}

export type Slots = ReturnType<typeof createSlots>

/** A claim that has no time to wait has this long for the question whether a slot is free. */
const askForMs = 200
/** What a till is told of when to try again while the budget of all replicas cannot be read. */
const awayForMs = 5_000

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
  const others = deps.shared && createOthers(deps.shared, clock)

  /** Grants the claims that fit now, refuses those that cannot fit in time, and looks again when that may have changed. */
  function settle(nowMs = clock.monotonicMs()) {
    if (queue.isEmpty()) return
    if (blockedUntilMs > nowMs) return refuseAll('blocked', blockedUntilMs - nowMs)
    refuseLate(nowMs)
    for (let next = nextInTurn(nowMs); next && fits(next, nowMs); next = nextInTurn(nowMs)) {
      if (others) {
        void ask(others, next, nowMs)
        break
      }
      grant(next, nowMs)
    }
    if (queue.isEmpty()) return cancelLook?.()
    refuseLate(nowMs)
    lookAgain(nowMs)
  }

  function refuseLate(nowMs: number) {
    for (const waiting of queue.all()) {
      const earliestMs = Math.max(
        used.earliestMs(capacityFor(waiting.lane, limit) - waiting.count, nowMs),
        shares.earliestMs(waiting.lane, nowMs),
        others?.earliestMs(roomOf(waiting), nowMs) ?? nowMs,
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

  function fits(waiting: Waiting, nowMs: number): boolean {
    if (others && others.earliestMs(roomOf(waiting), nowMs) > nowMs) return false
    return used.count(nowMs) <= roomOf(waiting)
  }

  /** @returns how many slots may be in use before it */
  function roomOf({ lane, count }: Waiting): number {
    return capacityFor(lane, limit) - count
  }

  /** One claim at a time, so that none overtakes another while the others are asked. */
  async function ask(others: Others, waiting: Waiting, sinceMs: number) {
    waiting.latestMs = Math.max(waiting.latestMs, sinceMs + askForMs)
    const answer = await others.ask(waiting.count, capacityFor(waiting.lane, limit))
    const nowMs = clock.monotonicMs()
    if (answer.kind === 'asking') return
    if (answer.kind === 'away') refuseAll('journal_away', awayForMs)
    if (answer.kind === 'taken') grantTaken(waiting, answer.slots, nowMs)
    if (answer.kind === 'blocked') blockedUntilMs = Math.max(blockedUntilMs, answer.untilMs)
    settle(nowMs)
  }

  function grantTaken(waiting: Waiting, slots: number[], nowMs: number) {
    // It has run out of time while the others were asked.
    if (waiting.isOver) return slots.forEach((slot) => deps.shared?.end(slot, false))
    grant(waiting, nowMs, slots)
  }

  function grant(waiting: Waiting, nowMs: number, slots: number[] = []) {
    waiting.isOver = true
    queue.remove(waiting, { isTurn: true })
    metrics.coreWaitSeconds.observe({ lane: waiting.lane }, (nowMs - waiting.sinceMs) / 1000)
    const logs = [used, ...shares.logsOf(waiting.lane)]
    for (const log of logs) for (let slot = 0; slot < waiting.count; slot++) log.begin()
    waiting.grant(
      createSlot({ logs, slots: [...slots], shared: deps.shared, findBlock, onBlock, onEnd: settle, clock }),
    )
  }

  function refuse(waiting: Waiting, reason: Reason, freeInMs: number) {
    waiting.isOver = true
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
    const atMs = Math.min(
      freeMs,
      others?.freeMs(nowMs) ?? Infinity,
      ...waiting.map(({ latestMs }) => latestMs),
    )
    cancelLook = timers.after(Math.max(1, Math.ceil(atMs - nowMs)), () => settle())
  }

  function findBlock(): CoreUnavailable | undefined {
    const blockedForMs = blockedUntilMs - clock.monotonicMs()
    return blockedForMs > 0 ? busy('blocked', blockedForMs) : undefined
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
      queue.add({ ...claim, isOver: false, sinceMs, latestMs, grant: resolve, refuse: reject })
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

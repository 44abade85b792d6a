import { codeOfException } from '../../src/trifft/exceptions.ts'
import { CoreOutcomeUnknown, CoreRejected, CoreUnavailable } from '../../src/trifft/errors.ts'
import type { PointsOrder, RewardOrder } from '../../src/trifft/client.ts'
import { createKeyedHash } from '../../src/model/keys.ts'
import { createMaskId } from '../../src/loyalty/mask-ids.ts'
import { createCredit } from '../../src/loyalty/credit.ts'
import { createDebit } from '../../src/loyalty/debit.ts'
import { createTicket } from '../../src/loyalty/ticket.ts'
import type { CoreCalls, RedemptionDone } from '../../src/loyalty/redemption.ts'
import { Refusal, StorageUnavailable, type Code } from '../../src/model/refusal.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { createTurns, lookAgainMs } from '../../src/loyalty/turns.ts'
import type { Caller, CreditRequest, DebitRequest, Moved, Ticket } from '../../src/model/words.ts'
import { toCredentials } from '../../src/model/keys.ts'
import { createExchange } from '../../src/exchange.ts'
import { systemTimers, type Timers } from '../../src/time/clock.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { noTracing } from '../../src/observability/tracing.ts'
import { createReversals } from '../../src/reversals/reversals.ts'
import { createLedger } from '../simulators/core/ledger.ts'
import { CoreRefusal } from '../simulators/core/refusal.ts'
import type { Project } from '../simulators/core/project.ts'
import { testMetrics as metrics, type TestJournal } from '../support/test-journal.ts'
import { readRowsBy } from './settle.ts'

/** What becomes of one call to the core. */
export type Fate =
  | 'done'
  /** The answer is lost, and nothing was done. */
  | 'lost'
  /** The answer is lost, and it was done. */
  | 'done_but_lost'
  /** The answer is lost, and it is done some seconds later. */
  | 'done_late'
  /** It never left. */
  | 'not_sent'
  /** The key is refused, or the core blocks: not done. */
  | 'not_done'
  /** The core says no. */
  | 'refused'
  /** The process dies while the call is under way; the core has done it, or not. */
  | 'dies'
  | 'done_and_dies'

/** What a till hears of a debit that is done. */
export type DebitHeard = RedemptionDone & { isReplayed: boolean }

export const cards = ['CARD0001', 'CARD0002'] as const
export const coupons = ['uc-1', 'uc-2'] as const
export const startPoints = 1000

export type World = Awaited<ReturnType<typeof createWorld>>

const caller: Caller = {
  credentials: toCredentials('1902', 'key-of-the-project'),
  venue: { id: '1902', coreId: 'venue-uuid', currency: 'GBP' },
}

/**
 * A journal on a real file, or of several replicas on one PostgreSQL, what is built on it, and a core that keeps the
 * truth, on a clock that only moves when it is told to. A process can die at any call; what follows is a new one on the
 * same journal.
 *
 * @param tests the journal of each replica; they share clock and database
 * @param changeRelease of a replica, when it is started again
 */
export async function createWorld(
  tests: [TestJournal, ...TestJournal[]],
  changeRelease: (at: number) => void = () => undefined,
) {
  const [{ clock, sql }] = tests
  const hashCard = createKeyedHash('secret')
  const maskId = createMaskId(hashCard)
  const project = projectOf(clock.nowMs())
  const ledger = createLedger(() => clock.nowMs())
  /** Who waits for the call of a dead process lets the time pass; all other timers are real. */
  const timers: Timers = {
    after(ms, act) {
      if (ms !== lookAgainMs) return systemTimers.after(ms, act)
      clock.pass(ms)
      return systemTimers.after(0, act)
    },
  }
  const late: { atMs: number; move: () => unknown }[] = []
  let fates: Fate[] = []
  /** Outcomes that are being written down, for which no till waits. */
  const writing = new Set<Promise<unknown>>()
  const processes = tests.map(startProcess)

  function startProcess(test: TestJournal) {
    const record: Journal['record'] = (...values) => {
      const written = test.journal.record(...values)
      const ended = written.catch(() => undefined).finally(() => writing.delete(ended))
      writing.add(ended)
      return written
    }
    // What a dead process still does reaches nobody.
    const died = Promise.withResolvers<'died'>()
    const log = createLogger('silent')
    const turns = createTurns()
    const core = createCore(died.resolve)
    const balances = { drop: () => undefined }
    const parts = {
      core,
      balances,
      journal: { ...test.journal, record },
      turns,
      timers,
      hashCard,
      maskId,
      log,
      tracing: noTracing,
    }
    return {
      died: died.promise,
      restarted: undefined as Promise<void> | undefined,
      debit: createDebit(parts),
      credit: createCredit(parts),
      ticket: createTicket({ ...parts, metrics, wakeRelay: () => undefined, withoutCard: 'publish' }),
      reversals: createReversals({ ...parts, clock, metrics }),
    }
  }

  function createCore(die: (word: 'died') => void): CoreCalls {
    const call = async (move: () => { balance?: unknown }): Promise<Moved> => {
      const fate = fates.shift() ?? 'done'
      switch (fate) {
        case 'done':
          return answer(move)
        case 'lost':
          throw new CoreOutcomeUnknown({ message: fate })
        case 'done_but_lost':
          attempt(move)
          throw new CoreOutcomeUnknown({ message: fate })
        case 'done_late':
          late.push({ atMs: clock.nowMs() + 30_000, move })
          throw new CoreOutcomeUnknown({ message: fate })
        case 'not_sent':
          throw new CoreUnavailable({ message: fate })
        case 'not_done':
          throw new CoreRejected('CREDENTIALS_WRONG', 'not_done', { message: fate })
        case 'refused':
          throw new CoreRejected('MEMBER_BLOCKED', 'refused', { message: fate })
        case 'done_and_dies':
          attempt(move)
          die('died')
          return await new Promise<never>(() => undefined)
        case 'dies':
          die('died')
          return await new Promise<never>(() => undefined)
      }
    }
    const coupon = ({ rewardId, reference }: RewardOrder) => ({
      user_coupon_id: rewardId,
      venue_id: 'aztecVenueId:1902',
      reference,
    })
    const points = ({ points, reference }: PointsOrder) => ({
      points,
      venue_id: 'aztecVenueId:1902',
      reference,
    })
    return {
      redeemCoupon: (order) => call(() => ledger.redeem(project, order.cardNumber, coupon(order))),
      restoreCoupon: (order) => call(() => ledger.restore(project, order.cardNumber, coupon(order))),
      takePoints: (order) => call(() => ledger.debit(project, order.cardNumber, points(order))),
      givePointsBack: (order) => call(() => ledger.credit(project, order.cardNumber, points(order))),
    }
  }

  function answer(move: () => { balance?: unknown }): Moved {
    try {
      const { balance } = move()
      return typeof balance === 'number' ? { pointsLeft: balance } : {}
    } catch (error) {
      if (!(error instanceof CoreRefusal)) throw error
      throw new CoreRejected(codeOfException(error.exception), 'refused', { message: error.message })
    }
  }

  /** On the same file; what the dead one had in mind is gone. */
  async function restart(at: number) {
    const index = at % tests.length
    await tests[index]!.reopen()
    processes[index] = startProcess(tests[index]!)
  }

  const processAt = (at: number) => processes[at % tests.length]!

  /** @returns what the till hears; undefined if the process died first */
  async function hear<T>(at: number, work: Promise<T>): Promise<T | { refused: string } | undefined> {
    const process = processAt(at)
    const heard = await Promise.race([
      process.died,
      work.catch((error: unknown) => ({ refused: codeOf(error) })),
    ])
    if (heard !== 'died') return heard
    // One that heard two tills is restarted once.
    await (process.restarted ??= restart(at))
    return undefined
  }

  async function debit(request: DebitRequest, at: number): Promise<DebitHeard> {
    const exchange = createExchange(clock, 2500)
    const done = await processAt(at).debit(request, caller, exchange)
    return { ...done, isReplayed: exchange.isReplayed }
  }

  return {
    clock,
    hashCard,
    maskId,
    /** What becomes of the next calls; later ones are done. */
    fate: (next: Fate[]) => void (fates = [...next]),
    debit: (request: DebitRequest, at: number) => hear(at, debit(request, at)),
    /** Two of the same at once, on one replica or on two. */
    twins: (request: DebitRequest, at: number) =>
      Promise.all([at, at + 1].map((each) => hear(each, debit(request, each)))),
    credit: (request: CreditRequest, at: number) =>
      hear(at, processAt(at).credit(request, caller, createExchange(clock, 2500))),
    /** @returns the coupons of its event; undefined of a repeat */
    async ticket(ticket: Ticket, at: number): Promise<string[] | undefined> {
      const { isDuplicate } = await processAt(at).ticket(ticket, caller, createExchange(clock, 2500))
      if (isDuplicate) return undefined
      const { journal } = tests[at % tests.length]!
      const [waiting] = await journal.waitingTickets(1)
      await journal.markPublished([waiting!.eventId])
      return waiting!.closed.coupons
    },
    /** Customer care gives a coupon back in the core. @returns the reference of its redemption */
    restoreByHand: (cardNumber: string, coupon: string) => ledger.restoreByHand(project, cardNumber, coupon),
    /** The till's OK has left. */
    answered: (id: string, at: number) => tests[at % tests.length]!.journal.markAnswered(id),
    restart,
    /** Stops a replica and starts it as one of the other release. */
    async changeRelease(at: number) {
      changeRelease(at)
      await restart(at)
    },

    async pass(ms: number) {
      clock.pass(ms)
      for (const one of late.splice(0))
        if (one.atMs <= clock.nowMs()) attempt(one.move)
        else late.push(one)
      await Promise.all(processes.map(({ reversals }, at) => hear(at, reversals.runDue())))
    },

    /** All that is open is looked after, with a core that is well, until nothing is. */
    async settle() {
      fates = []
      for (let looks = 0; looks < 60; looks++) await this.pass(61_000)
      const { open } = await tests[0].journal.stats()
      return open
    },

    /** What the core has really done. */
    movements: () => ledger.movements,
    async rows() {
      await Promise.all(writing)
      return await readRowsBy(sql)
    },
    points: (card: string) => project.cards.find(({ id }) => id === card)?.wallet?.points,
    end: () => Promise.all(tests.map((test) => test.end())),
  }
}

function attempt(move: () => unknown) {
  try {
    move()
  } catch {
    // The core says no, and nobody hears it.
  }
}

function codeOf(error: unknown): Code {
  // The journal can be used all the time.
  if (error instanceof Refusal && !(error instanceof StorageUnavailable)) return error.code
  throw error
}

function projectOf(nowMs: number): Project {
  const validUntil = Math.floor(nowMs / 1000) + 365 * 86_400
  return {
    name: 'histories',
    keys: {},
    venues: [
      {
        id: 'venue-uuid',
        name: 'The Crown',
        slug: 'the-crown',
        currency: 'GBP',
        params: { aztecVenueId: '1902' },
      },
    ],
    cards: cards.map((id) => ({
      id,
      member: { id: `m-${id}`, first_name: 'Anna', last_name: 'Kovac', is_blocked: false },
      wallet: { id: `w-${id}`, name: 'Points', points: startPoints },
      coupons: coupons.map((coupon) => ({
        id: `${coupon}-${id}`,
        status: 'activated' as const,
        valid_until: validUntil,
        coupon: {
          id: coupon,
          name: coupon,
          type: 'GENERAL' as const,
          points: null,
          is_enabled: true,
          params: {},
        },
      })),
    })),
  }
}

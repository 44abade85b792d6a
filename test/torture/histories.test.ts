import type { RedemptionDone } from '../../src/loyalty/redemption.ts'
import { expect } from 'chai'
import fc from 'fast-check'
import type { CreditRequest, DebitRequest } from '../../src/model/words.ts'
import { isAtLength } from '../support/at-length.ts'
import { emptyFirstTables, openMixedReplicas, openReplicas } from '../support/both-databases.ts'
import { askDatabase } from '../support/database-contents.ts'
import { createDatabase, dropDatabase, runSql } from '../support/postgres-database.ts'
import { frozenSchemas } from '../support/schemas.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { openTestJournal } from '../support/test-journal.ts'
import { compareRows, countTaken } from './audit.ts'
import { checkReplay, closeBill, type Closing } from './closed-bills.ts'
import { cards, coupons, createWorld, startPoints, type DebitHeard, type Fate, type World } from './world.ts'

/** How many histories; more on demand: HISTORIES=20000 npm run histories */
const numRuns = Number(process.env.HISTORIES ?? (isAtLength ? 150 : 50))
/** Each takes ten times as long. */
const numRunsOfReplicas = Number(process.env.HISTORIES ?? (isAtLength ? 40 : 12))
/** Each has a database of its own. */
const numRunsOfReleases = Number(process.env.HISTORIES ?? (isAtLength ? 10 : 4))

const fates: fc.Arbitrary<Fate[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Fate>('done') },
    {
      weight: 5,
      arbitrary: fc.constantFrom<Fate>(
        'lost',
        'done_but_lost',
        'done_late',
        'not_sent',
        'not_done',
        'refused',
        'dies',
        'done_and_dies',
      ),
    },
  ),
  { minLength: 1, maxLength: 3 },
)
const card = fc.constantFrom(...cards)
const debits: fc.Arbitrary<DebitRequest> = fc
  .record({
    card,
    account: fc.constantFrom('A-1', 'A-2'),
    coupon: fc.option(fc.constantFrom(...coupons)),
    id: fc.option(fc.integer({ min: 1, max: 4 })),
  })
  .map(({ card: cardNumber, account: accountNumber, coupon, id }) => ({
    cardNumber,
    accountNumber,
    what: coupon ? { kind: 'coupon', rewardId: `${coupon}-${cardNumber}` } : { kind: 'points', points: 100 },
    // Points are never debited without a transaction id.
    ...(id || !coupon ? { transactionId: `T-${id ?? 9}` } : {}),
  }))

type Step =
  | { do: 'debit' | 'twins'; request: DebitRequest; fates: Fate[]; isAnswered: boolean }
  /** Pressed again: `id` is null for the same call, else another transaction id, 0 for none. */
  | { do: 'repeat'; which: number; id: number | null; fates: Fate[]; isAnswered: boolean }
  | {
      do: 'credit'
      which: number
      by: 'redemption' | 'transaction' | 'bill'
      isMoved: boolean
      id: number | null
      fates: Fate[]
    }
  | { do: 'pass'; ms: number; fates: Fate[] }
  | ({ do: 'close'; which: number } & Omit<Closing, 'cardNumber' | 'accountNumber'>)
  | { do: 'restore by hand'; card: string; coupon: string }
  | { do: 'restart' }
  /** A replica is replaced by one of the other release, while another answers a till. */
  | { do: 'change release'; meanwhile?: Step }

const which = fc.nat({ max: 30 })
const isAnswered = fc.oneof(
  { weight: 4, arbitrary: fc.constant(true) },
  { weight: 1, arbitrary: fc.constant(false) },
)
const debitSteps: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('debit' as const),
  request: debits,
  fates,
  isAnswered,
})
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('debit' as const, 'twins' as const),
      request: debits,
      fates,
      isAnswered,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('repeat' as const),
      which,
      id: fc.option(fc.nat({ max: 4 })),
      fates,
      isAnswered,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('credit' as const),
      which,
      by: fc.constantFrom('redemption' as const, 'transaction' as const, 'bill' as const),
      isMoved: fc.boolean(),
      id: fc.option(fc.integer({ min: 1, max: 5 })),
      fates,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(500, 2_000, 4_000, 11_000, 61_000, 3_600_000, 90_000_000),
      fates,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('close' as const),
      number: fc.integer({ min: 1, max: 3 }),
      kind: fc.constantFrom('sale' as const, 'sale' as const, 'void' as const, 'refund' as const),
      which,
      names: fc.constantFrom(0, 0, 1, 2),
      clockMs: fc.constantFrom(0, -59_000, -540_000, 540_000, -3_600_000),
      totalMinor: fc.constantFrom(1000, 900),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('restore by hand' as const),
      card,
      coupon: fc.constantFrom(...coupons),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
)
const at = fc.nat({ max: 2 })
const histories = fc.array(fc.tuple(steps, at), { minLength: 1, maxLength: 25 })
/** Of replicas that are replaced now and then by those of the other release. */
const mixedSteps = fc.oneof(
  { weight: 12, arbitrary: steps },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'change release' }) },
)
/** One that certainly has both: the schema is migrated in the middle, while a debit is made elsewhere. */
const mixedHistories = fc
  .tuple(
    fc.array(fc.tuple(steps, at), { maxLength: 8 }),
    debitSteps,
    at,
    fc.array(fc.tuple(mixedSteps, at), { maxLength: 16 }),
  )
  .map(([before, meanwhile, replica, after]): [Step, number][] => [
    ...before,
    [{ do: 'change release', meanwhile }, replica],
    ...after,
  ])

/** What the till believes of a redemption; `unsure` if its last word never came. */
type Belief = { is: 'taken' | 'given back' | 'unsure'; request: DebitRequest }
type Heard = DebitHeard | { refused: string } | undefined
/** What has happened so far, as the tills and customer care see it. */
type Past = {
  asked: { request: DebitRequest; heard: Heard }[]
  told: { request: DebitRequest; redemptionId: string }[]
  beliefs: Map<string, Belief>
  /** Redemptions that customer care has given back: the journal cannot know. */
  restored: Set<string>
}

describe('in every history of debits, credits, tickets, repeats, twins, faults, crashes and jumps of the clock', () => {
  it(`what is taken is what the tills were told (${numRuns} histories)`, async function () {
    this.timeout(0)
    const property = fc.asyncProperty(histories, async (history) => live(history, [await openTestJournal()]))
    await fc.assert(property, { numRuns })
  })

  for (const replicas of [2, 3])
    describe(`of ${replicas} replicas on one PostgreSQL`, () => {
      const makeDatabase = usePostgres()

      it(`what is taken is what the tills were told (${numRunsOfReplicas} histories)`, async function () {
        this.timeout(0)
        const url = await makeDatabase()
        const property = fc.asyncProperty(histories, async (history) =>
          live(history, await openReplicas(url, replicas)),
        )
        await fc.assert(property, { numRuns: numRunsOfReplicas })
      })
    })

  describe('of replicas of two releases, the later of which migrates the schema in the middle,', () => {
    const makeDatabase = usePostgres()

    it(`what is taken is what the tills were told (${numRunsOfReleases} histories)`, async function () {
      this.timeout(0)
      const template = await makeDatabase()
      await runSql(template, frozenSchemas.at(-1)!.sql)
      await runSql(template, emptyFirstTables)
      const property = fc.asyncProperty(mixedHistories, fc.constantFrom(2, 3), async (history, replicas) => {
        const url = await createDatabase(template, template)
        try {
          const { tests, changeRelease } = await openMixedReplicas(url, replicas)
          await live(history, tests, changeRelease)
          expect(await askDatabase(url, 'TABLE later_runs'), 'migrated once').to.have.length(1)
        } finally {
          await dropDatabase(template, url)
        }
      })
      await fc.assert(property, { numRuns: numRunsOfReleases })
    })
  })
})

/**
 * @param history each step with the replica that it reaches
 * @param changeRelease of a replica, when it is started again
 */
async function live(
  history: [Step, at: number][],
  tests: Parameters<typeof createWorld>[0],
  changeRelease?: (at: number) => void,
) {
  const world = await createWorld(tests, changeRelease)
  try {
    const past: Past = { asked: [], told: [], beliefs: new Map(), restored: new Set() }
    for (const [step, at] of history) await take(step, at, world, past)
    const open = await world.settle()
    expect(open, 'nothing stays open').to.include({ sent: 0, in_doubt: 0, being_credited: 0 })
    await audit(world, past)
  } finally {
    await world.end()
  }
}

async function take(step: Step, at: number, world: World, past: Past) {
  const { asked, told, beliefs, restored } = past
  world.fate('fates' in step ? step.fates : [])
  switch (step.do) {
    case 'debit':
    case 'twins':
    case 'repeat': {
      const request = step.do === 'repeat' ? again(step, asked) : step.request
      if (!request) return
      const heard = step.do === 'twins' ? await world.twins(request, at) : [await world.debit(request, at)]
      const allDone = heard.filter(isDone)
      const ids = new Set(allDone.map(({ redemptionId }) => redemptionId))
      expect(ids.size, 'twins hear the same').to.be.at.most(1)
      const [done] = allDone
      asked.push({ request, heard: done ?? heard[0] })
      if (!done) return
      await checkReplay(world, request, done, told)
      told.push({ request, redemptionId: done.redemptionId })
      if (!step.isAnswered) return
      await world.answered(done.redemptionId, at)
      beliefs.set(done.redemptionId, { is: 'taken', request })
      return
    }
    case 'credit':
      return await credit(step, at, world, past)
    case 'close': {
      const bill = asked[step.which % asked.length]?.request
      const heard = told.map(({ redemptionId }) => redemptionId)
      if (bill) await closeBill(world, { ...step, ...bill }, heard, at)
      return
    }
    case 'restore by hand': {
      const reference = world.restoreByHand(step.card, `${step.coupon}-${step.card}`)
      if (reference) restored.add(reference)
      return
    }
    case 'pass':
      return await world.pass(step.ms)
    case 'restart':
      return await world.restart(at)
    case 'change release':
      await Promise.all([
        world.changeRelease(at),
        step.meanwhile && take(step.meanwhile, at + 1, world, past),
      ])
  }
}

function isDone(heard: Heard): heard is DebitHeard {
  return heard !== undefined && !('refused' in heard)
}

function again(
  { which, id }: Extract<Step, { do: 'repeat' }>,
  asked: Past['asked'],
): DebitRequest | undefined {
  const request = asked[which % asked.length]?.request
  if (!request || id === null || request.what.kind === 'points') return request
  const { transactionId: _, ...unnamed } = request
  return id === 0 ? unnamed : { ...unnamed, transactionId: `T-${id}` }
}

async function credit(
  { which, by, isMoved, id }: Extract<Step, { do: 'credit' }>,
  at: number,
  world: World,
  { asked, beliefs }: Past,
) {
  const debit = asked[which % asked.length]
  if (!debit) return
  const { request, heard } = debit
  const known = heard && !('refused' in heard) ? heard.redemptionId : undefined
  const { cardNumber, accountNumber, transactionId, what } = request
  const names =
    by === 'redemption' && known
      ? { redemptionId: known }
      : by === 'transaction' && transactionId
        ? { originalTransactionId: transactionId }
        : undefined
  const needsId = !names && what.kind === 'points'
  const asks: CreditRequest = {
    cardNumber,
    what,
    ...names,
    ...(names ? isMoved && { accountNumber: 'A-9' } : { accountNumber }),
    ...(id || needsId ? { transactionId: `C-${id ?? 9}` } : {}),
  }
  const answer: RedemptionDone | { refused: string } | undefined = await world.credit(asks, at)

  if (answer && !('refused' in answer)) return beliefs.set(answer.redemptionId, { is: 'given back', request })
  // Its process died, or it will be given back later: which of several is meant only the journal can tell.
  if (!answer || answer.refused === 'NOT_GIVEN_BACK_YET')
    for (const belief of beliefs.values())
      if (belief.is === 'taken' && isSameThing(belief.request, request)) belief.is = 'unsure'
}

function isSameThing(a: DebitRequest, b: DebitRequest): boolean {
  return a.cardNumber === b.cardNumber && JSON.stringify(a.what) === JSON.stringify(b.what)
}

/** The tills, the journal and the core say the same of every redemption; one that is stuck waits for an operator. */
async function audit(world: World, { beliefs, restored }: Past) {
  const rows = (await world.rows()).filter(({ id }) => !restored.has(id))
  const movements = world.movements().filter(({ reference }) => !restored.has(reference))
  expect(compareRows(rows, movements), 'the journal and the core').to.deep.equal([])

  const stuck = new Set(rows.filter(({ state }) => state === 'stuck').map(({ id }) => id))
  const counts = [...countTaken(movements)].filter(([, count]) => count !== 0)
  expect(counts, 'nothing is taken twice').to.deep.equal(counts.map(([reference]) => [reference, 1]))
  const taken = new Set(counts.map(([reference]) => reference))
  for (const [redemption, { is }] of beliefs) {
    if (is === 'unsure' || stuck.has(redemption) || restored.has(redemption)) continue
    expect(taken.has(redemption), `${redemption} is ${is}`).to.equal(is === 'taken')
  }
  for (const reference of taken)
    if (!stuck.has(reference))
      expect(beliefs.get(reference)?.is, `${reference} is taken`).to.be.oneOf(['taken', 'unsure'])
  for (const cardNumber of cards) expect(world.points(cardNumber)).to.be.at.most(startPoints)
}

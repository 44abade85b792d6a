import { expect } from 'chai'
import { budgetAt, expectBusy, stateOf, turn, type Claimed } from './claims.ts'
import { memoryJournal } from './setup.ts'

const windowMs = 10_000
const inState = (claims: Claimed[], state: string) => claims.filter((claim) => stateOf(claim) === state)

/**
 * Sixty messages with made-up keys, each of which claimed to be a credit, took all slots of a window: honest debits
 * heard CORE_BUSY for twelve seconds of each minute.
 */
describe('checks of venues and keys that were never approved', () => {
  async function strangersAt(
    budget: ReturnType<typeof budgetAt>,
    count: number,
    from = '192.0.2.1',
    waitMs = 2_000,
  ) {
    const claims: Claimed[] = []
    for (let key = 0; key < count; key++)
      claims.push(await budget.claim('stranger', { tenant: `key-${key}`, from, waitMs }))
    return claims
  }

  /** Each leaves as soon as it may, and ends at once. */
  async function serve(claims: Claimed[]) {
    const served = new Set<Claimed>()
    for (let next = claims.find(({ slot }) => slot); next; next = claims.find(isNext)) {
      served.add(next)
      await next.leave().end()
      await turn()
    }
    return served.size

    function isNext(claim: Claimed) {
      return claim.slot && !served.has(claim)
    }
  }

  for (const limit of ['48', '0'])
    it(`have four calls in flight, and the others wait, with ${limit} slots`, async () => {
      const budget = budgetAt({ CORE_RATE_LIMIT: limit })
      const claims = await strangersAt(budget, 10)
      expect(inState(claims, 'granted')).to.have.length(4)
      expect(inState(claims, 'waiting')).to.have.length(6)
      await claims[0]?.leave().end()
      await turn()
      expect(inState(claims, 'granted')).to.have.length(5)
    })

  it('are refused when their time is up, and told when to try again', async () => {
    const { claim, pass } = budgetAt({ CORE_RATE_LIMIT: '0' })
    for (let call = 0; call < 4; call++) (await claim('stranger')).leave()
    const fifth = await claim('stranger', { waitMs: 1_000 })
    await pass(1_000)
    expect(stateOf(fifth)).to.equal('waiting')
    await pass(1)
    expectBusy(fifth.refusal, 'no_slot', 1)
  })

  it('get a quarter of a window, however soon the core answers, and leave the rest to others', async () => {
    const budget = budgetAt()
    expect(await serve(await strangersAt(budget, 60))).to.equal(12)
    expect(await budget.use('balance')).to.equal(28)
    expect(await budget.use('debit')).to.equal(4)
    expect(await budget.use('credit')).to.equal(4)
    await budget.pass(windowMs)
    expect(await serve(await strangersAt(budget, 60)), 'in the next window').to.equal(12)
  })

  it('do not hold back undos while they have no room themselves', async () => {
    const budget = budgetAt()
    const claims = await strangersAt(budget, 60, '192.0.2.1', windowMs)
    await serve(claims)
    expect(inState(claims, 'waiting')).to.have.length(48)
    expect(await budget.use('undo')).to.equal(36)
  })

  it('take turns by the networks that they come from, whatever venue and key they name', async () => {
    const budget = budgetAt()
    const guesses = await strangersAt(budget, 60, '2001:db8:0:1::1')
    const [honest] = await strangersAt(budget, 1, '192.0.2.7')
    await guesses[0]?.leave().end()
    await guesses[1]?.leave().end()
    await turn()
    expect(stateOf(honest!)).to.equal('granted')
    expect(inState(guesses, 'granted')).to.have.length(5)
  })

  it('wait in a line of at most a hundred from one network', async () => {
    const budget = budgetAt({ CORE_RATE_LIMIT: '0' })
    const claims = await strangersAt(budget, 105)
    expectBusy(claims[104]?.refusal, 'no_slot', 1)
    expect(inState(claims, 'waiting')).to.have.length(100)
    expect(stateOf((await strangersAt(budget, 1, '192.0.2.7'))[0]!)).to.equal('waiting')
  })

  // 1,189 of 1,500 guesses reached the core, each with a budget of its own.
  describe('with a budget for each key', () => {
    const env = { CORE_RATE_SCOPE: 'key' }

    it('share one budget', async () => {
      const budget = budgetAt(env)
      const claims = [...(await strangersAt(budget, 60)), ...(await strangersAt(budget, 60, '192.0.2.2'))]
      expect(await serve(claims)).to.equal(12)
    })

    it('add no keys to what is stored', async () => {
      const kept: string[][] = []
      const closeBudget = async (scopes: { scope: string }[]) =>
        void kept.push(scopes.map(({ scope }) => scope))
      const budget = budgetAt(env, { journal: { ...memoryJournal(), closeBudget } })
      await serve(await strangersAt(budget, 60))
      await budget.budget.close()
      expect(kept).to.deep.equal([['strangers']])
    })

    it('are counted for a key that is approved then, since the core has counted them', async () => {
      const budget = budgetAt(env)
      await serve(await strangersAt(budget, 12))
      expect(await budget.use('credit')).to.equal(36)
    })

    it('are counted with their key if a till with that key was approved before', async () => {
      const budget = budgetAt(env)
      expect(await budget.use('debit')).to.equal(44)
      expect(stateOf(await budget.claim('stranger'))).to.equal('no_slot')
    })
  })
})

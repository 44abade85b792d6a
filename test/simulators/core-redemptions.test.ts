import { expect } from 'chai'
import { startCoreSimulator, type CoreSimulator } from './core.ts'
import { createCaller } from './core/caller.ts'
import { demo, demoProject } from './core/demo-project.ts'

const { anna } = demo.cards
const { coffee, cake, expired } = demo.coupons

describe('the simulated core', () => {
  let core: CoreSimulator
  let caller: ReturnType<typeof createCaller>
  beforeEach(async () => {
    core = await startCoreSimulator()
    caller = createCaller(core)
  })
  afterEach(() => core.close())

  const taken = () => core.movements().map(({ operation, what, reference }) => [operation, what, reference])

  it('finds a venue by its custom parameter, and none if there is none', async () => {
    const found = await caller.ask('/venue?param=aztecVenueId:1902')
    expect(found.body).to.deep.equal([
      {
        id: '5b1e7a52-0001-4c7e-9a01-000000001902',
        name: 'The Crown',
        slug: 'the-crown',
        currency: 'GBP',
        params: { aztecVenueId: '1902' },
      },
    ])
    expect((await caller.ask('/venue?param=aztecVenueId:7')).body).to.deep.equal([])
  })

  it('shows a card, without tier and wallet if it has none', async () => {
    expect((await caller.card(demo.cards.ben)).body).to.deep.equal({
      id: demo.cards.ben,
      member: { id: '0b6f2c11-1002', first_name: 'Ben', last_name: 'Okafor', is_blocked: false },
    })
    expect((await caller.card(anna)).body).to.deep.include({
      wallet: { id: 'w-1001', name: 'Points', points: 1250 },
    })
  })

  it('lists coupons by status and leaves it to the caller to see that one has expired or is disabled', async () => {
    const { body } = await caller.ask(`/card/${anna}/coupons?status=activated`)
    const ids = (body as { id: string }[]).map(({ id }) => id)
    expect(ids).to.include.members([coffee, expired, demo.coupons.disabled])
    expect(ids).not.to.include(demo.coupons.assigned)
    expect(JSON.stringify(body)).not.to.contain('allowed_venues')
  })

  it('redeems a coupon once per reference: a repeat gets the same success, without a second movement', async () => {
    const first = await caller.redeem(anna, coffee, 'r-1')
    const again = await caller.redeem(anna, coffee, 'r-1')
    expect(first.status).to.equal(200)
    expect(first.body).to.deep.include({ id: coffee, status: 'redeemed', reference: 'r-1' })
    expect(again.body).to.deep.equal(first.body)
    expect(taken()).to.deep.equal([['redeem', coffee, 'r-1']])
    expect(core.coupon(coffee)?.status).to.equal('redeemed')
  })

  it('refuses a reference that belongs to another redemption', async () => {
    await caller.redeem(anna, coffee, 'r-1')
    expect((await caller.redeem(anna, cake, 'r-1')).exception).to.equal('ReferenceReusedException')
    expect((await caller.debit(anna, 5, 'r-1')).exception).to.equal('ReferenceReusedException')
    expect(taken()).to.have.length(1)
  })

  it('restores once under the same reference, and a repeat gets the same success', async () => {
    await caller.redeem(anna, coffee, 'r-1')
    const first = await caller.restore(anna, coffee, 'r-1')
    const again = await caller.restore(anna, coffee, 'r-1')
    expect(first.body).to.deep.include({ id: coffee, status: 'activated', reference: 'r-1' })
    expect(again).to.deep.include({ status: 200, body: first.body })
    expect(taken()).to.deep.equal([
      ['redeem', coffee, 'r-1'],
      ['restore', coffee, 'r-1'],
    ])
    expect(core.coupon(coffee)?.status).to.equal('activated')
  })

  it('does not redeem again what was restored when the old call is repeated', async () => {
    await caller.redeem(anna, coffee, 'r-1')
    await caller.restore(anna, coffee, 'r-1')
    expect((await caller.redeem(anna, coffee, 'r-1')).body).to.include({ reference: 'r-1' })
    expect(core.coupon(coffee)?.status).to.equal('activated')
    expect((await caller.redeem(anna, coffee, 'r-2')).body).to.include({
      status: 'redeemed',
      reference: 'r-2',
    })
    expect(core.coupon(coffee)?.status).to.equal('redeemed')
  })

  it('has nothing to restore under a reference that took nothing, or something else', async () => {
    await caller.redeem(anna, coffee, 'r-1')
    for (const answer of [
      await caller.restore(anna, coffee, 'r-2'),
      await caller.restore(anna, cake, 'r-1'),
      await caller.credit(anna, 200, 'r-1'),
    ]) {
      expect(answer).to.include({ status: 409, exception: 'NothingToRestoreException' })
    }
  })

  it('takes points and gives the same number back', async () => {
    const debit = await caller.debit(anna, 200, 'p-1')
    expect(debit.body).to.deep.include({ points: -200, balance: 1050, reference: 'p-1' })
    expect(core.points(anna)).to.equal(1050)

    expect((await caller.credit(anna, 150, 'p-1')).exception).to.equal('NothingToRestoreException')
    const credit = await caller.credit(anna, 200, 'p-1')
    expect(credit.body).to.deep.include({ points: 200, balance: 1250, reference: 'p-1' })
    expect((await caller.credit(anna, 200, 'p-1')).body).to.deep.equal(credit.body)
    expect(core.points(anna)).to.equal(1250)
  })

  it('forgets refusals: what was refused can succeed later under the same reference and key', async () => {
    const order = { points: 1300, reference: 'p-1' }
    const key = { 'idempotency-key': 'p-1:take' }
    const refused = await caller.post(`/card/${anna}/points/debit`, order, key)
    expect(refused.exception).to.equal('InsufficientPointsException')
    const done = await caller.post(`/card/${anna}/points/debit`, { ...order, points: 1250 }, key)
    expect(done.body).to.include({ points: -1250, balance: 0 })
  })

  it('answers a success again to the same Idempotency-Key and refuses the key to another request', async () => {
    const key = { 'idempotency-key': 'p-1:take' }
    const order = { points: 200, reference: 'p-1' }
    const first = await caller.post(`/card/${anna}/points/debit`, order, key)
    const again = await caller.post(`/card/${anna}/points/debit`, order, key)
    const other = await caller.post(`/card/${anna}/points/debit`, { ...order, reference: 'p-2' }, key)
    expect(again.body).to.deep.equal(first.body)
    expect(other).to.include({ status: 422, exception: 'IdempotencyKeyReusedException' })
    expect(core.points(anna)).to.equal(1050)
    expect(core.violations).to.deep.equal(['debit: Idempotency-Key of another request'])
  })

  it('keeps two projects with the same card number apart', async () => {
    const other = {
      name: 'Other pubs',
      keys: { 'other-write-key': 'write' as const },
      venues: [{ id: 'v-1', name: 'Mitre', slug: 'mitre', params: { aztecVenueId: demo.venueId } }],
      cards: [
        {
          id: anna,
          member: { id: 'm-1', first_name: 'Ada', last_name: 'Byron', is_blocked: false },
          wallet: { id: 'w-1', name: 'Points', points: 10 },
          coupons: [],
        },
      ],
    }
    await core.close()
    core = await startCoreSimulator({ projects: [demoProject(Date.now()), other] })
    caller = createCaller(core)

    const asOther = { authorization: 'Bearer other-write-key' }
    await caller.post(`/card/${anna}/points/debit`, { points: 10, reference: 'p-1' }, asOther)
    expect(core.points(anna)).to.equal(1250)
    expect(core.points(anna, 'Other pubs')).to.equal(0)
    const { body } = await caller.debit(anna, 10, 'p-1')
    expect(body, 'the same reference in another project').to.include({ points: -10, balance: 1240 })
  })
})

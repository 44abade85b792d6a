import { expect } from 'chai'
import { startCoreSimulator, type CoreSimulator } from './core.ts'
import { createCaller } from './core/caller.ts'
import { demo } from './core/demo-project.ts'
import { exceptions, type Exception } from './core/refusal.ts'

const { cards, coupons } = demo
const order = { reference: 'r-1', user_coupon_id: coupons.coffee }
const redeemPath = `/card/${cards.anna}/coupon/redeem`

describe('the simulated core', () => {
  let core: CoreSimulator
  let caller: ReturnType<typeof createCaller>
  beforeEach(async () => {
    core = await startCoreSimulator()
    caller = createCaller(core)
  })
  afterEach(() => core.close())

  const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } })
  const rows: [exception: Exception, ask: () => ReturnType<typeof caller.ask>][] = [
    ['CardNotFoundException', () => caller.card(cards.unknown)],
    ['MemberNotFoundException', () => caller.card(cards.blank)],
    ['MemberBlockedException', () => caller.debit(cards.blocked, 10, 'r-1')],
    ['UserCouponNotFoundException', () => caller.redeem(cards.anna, 'uc-none', 'r-1')],
    ['UserCouponExpiredException', () => caller.redeem(cards.anna, coupons.expired, 'r-1')],
    ['UserCouponNotActivatedException', () => caller.redeem(cards.anna, coupons.assigned, 'r-1')],
    ['UserCouponNotActivatedException', () => caller.redeem(cards.anna, coupons.disabled, 'r-1')],
    ['VenueNotAllowedException', () => caller.redeem(cards.anna, coupons.otherVenue, 'r-1')],
    ['VenueNotFoundException', () => caller.post(redeemPath, { ...order, venue_id: 'aztecVenueId:7' })],
    ['InsufficientPointsException', () => caller.debit(cards.anna, 1251, 'r-1')],
    ['InsufficientPointsException', () => caller.debit(cards.ben, 1, 'r-1')],
    ['NothingToRestoreException', () => caller.restore(cards.anna, coupons.coffee, 'r-1')],
    ['InvalidTokenException', () => caller.ask(`/card/${cards.anna}`, bearer('never-issued-key'))],
    ['InvalidTokenException', () => caller.ask(`/card/${cards.anna}`, bearer(demo.revokedKey))],
    ['AccessDeniedException', () => caller.post(redeemPath, order, bearer(demo.readOnlyKey).headers)],
  ]
  rows.forEach(([exception, ask], row) => {
    it(`refuses with ${exception} (${row + 1})`, async () => {
      const { status, body } = await ask()
      const [code, message] = exceptions[exception]
      expect(status).to.equal(code)
      expect(body).to.deep.equal({ status: code, success: false, error: { code, message, exception } })
      expect(core.movements()).to.deep.equal([])
      expect(core.violations, 'a business refusal breaks no contract').to.deep.equal([])
    })
  })

  it('refuses with UserCouponAlreadyRedeemedException', async () => {
    await caller.redeem(cards.anna, coupons.coffee, 'r-1')
    const { status, exception } = await caller.redeem(cards.anna, coupons.coffee, 'r-2')
    expect([status, exception]).to.deep.equal([402, 'UserCouponAlreadyRedeemedException'])
  })

  it('speaks the flat form with an event_id on demand', async () => {
    core.settings.errorForm = 'flat'
    const { body } = await caller.card(cards.unknown)
    expect(body).to.have.all.keys('event_id', 'code', 'message', 'exception')
    expect(body).to.include({ code: 404, exception: 'CardNotFoundException' })
  })

  it('lets a read-only key read, and a blocked member be seen', async () => {
    const { body } = await caller.ask(`/card/${cards.blocked}`, bearer(demo.readOnlyKey))
    expect(body).to.have.nested.property('member.is_blocked', true)
  })

  const broken: [
    story: string,
    status: number,
    violation: string,
    ask: () => ReturnType<typeof caller.ask>,
  ][] = [
    [
      'no Bearer token',
      401,
      'no Bearer',
      () => caller.ask('/venue?param=a:b', { headers: { authorization: 'Basic x' } }),
    ],
    ['a venue without a parameter', 400, 'slug:value', () => caller.ask('/venue?param=1902')],
    ['no reference', 400, 'redeem: reference', () => caller.post(redeemPath, { user_coupon_id: 'uc' })],
    [
      'no Idempotency-Key',
      400,
      'Idempotency-Key',
      () => caller.post(redeemPath, order, { 'idempotency-key': '' }),
    ],
    [
      'a wrong venue_id_type',
      400,
      'redeem: venue_id_type',
      () => caller.post(redeemPath, { ...order, venue_id_type: 'UUID' }),
    ],
    [
      'a venue_id without a slug',
      400,
      'redeem: venue_id',
      () => caller.post(redeemPath, { ...order, venue_id: '1902' }),
    ],
    ['a fraction of a point', 400, 'debit: points', () => caller.debit(cards.anna, 0.5, 'r-1')],
    ['points below one', 400, 'debit: points', () => caller.debit(cards.anna, -200, 'r-1')],
    [
      'a field that the call does not have',
      400,
      'redeem: body',
      () => caller.post(redeemPath, { ...order, card: '1' }),
    ],
    [
      'another content type',
      400,
      'content-type',
      () => caller.post(redeemPath, order, { 'content-type': 'text/plain' }),
    ],
    ['a call that does not exist', 404, 'does not have', () => caller.ask('/card')],
  ]
  const exceptionOf: Record<number, Exception> = {
    400: 'ValidationException',
    401: 'InvalidTokenException',
    404: 'RouteNotFoundException',
  }
  for (const [story, status, violation, ask] of broken)
    it(`answers ${status} to ${story} and records it`, async () => {
      expect(await ask()).to.include({ status, exception: exceptionOf[status] })
      expect(core.violations).to.have.length(1)
      expect(core.violations[0]).to.contain(violation)
      expect(core.movements()).to.deep.equal([])
    })

  it('keeps a journal of calls without the key', async () => {
    await caller.redeem(cards.anna, coupons.coffee, 'r-1')
    const [call] = core.calls
    expect(call).to.include({ operation: 'redeem', method: 'POST', path: `/v1${redeemPath}`, status: 200 })
    expect(call?.headers).to.include.keys('idempotency-key', 'content-type')
    expect(JSON.parse(call?.body ?? '')).to.include({ reference: 'r-1', venue_id_type: 'CustomParam' })
    expect(JSON.stringify(core.calls)).not.to.contain(demo.apiKey)
  })
})

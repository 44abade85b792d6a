import { expect } from 'chai'
import { startCoreSimulator, type CoreSimulator } from './core.ts'
import { createCaller } from './core/caller.ts'
import { demo } from './core/demo-project.ts'
import type { FaultKind } from './core/faults.ts'

const { anna } = demo.cards

describe('the simulated core, with faults on order:', () => {
  let core: CoreSimulator
  let caller: ReturnType<typeof createCaller>
  beforeEach(async () => {
    core = await startCoreSimulator()
    caller = createCaller(core)
  })
  afterEach(() => core.close())

  const debit = () => caller.debit(anna, 200, 'p-1')
  /** @returns the code of the failure of a call that has no answer, or the name of the failure */
  const failureOf = (asked: Promise<unknown>) =>
    asked.then(
      () => 'it was answered',
      ({ name, cause }: Error) => (cause as { code?: string } | undefined)?.code ?? name,
    )

  for (const [when, points] of [
    ['before', 1250],
    ['after', 1050],
  ] as const) {
    it(`a reset ${when} the work leaves ${points} points`, async () => {
      core.faults.next({ operation: 'debit', kind: 'reset', when })
      expect(await failureOf(debit())).to.equal('ECONNRESET')
      expect(core.points(anna)).to.equal(points)
      expect(core.calls[0]?.status, 'no answer was written').to.equal(undefined)
      expect((await debit()).body, 'the repeat settles it').to.include({ balance: 1050 })
      expect(core.points(anna)).to.equal(1050)
    })

    it(`a 500 ${when} the work leaves ${points} points`, async () => {
      core.faults.next({ kind: '500', when })
      expect((await debit()).exception).to.equal('InternalErrorException')
      expect(core.points(anna)).to.equal(points)
    })

    it(`a call that hangs ${when} the work leaves ${points} points until it is released`, async () => {
      const fault = core.faults.next({ operation: 'debit', kind: 'hang', when })
      const answer = debit()
      await fault.reached
      expect(core.points(anna)).to.equal(points)
      fault.release()
      expect((await answer).body).to.include({ balance: 1050 })
      expect(core.points(anna)).to.equal(1050)
    })
  }

  it('a call that hung is done even if its caller has gone: a lost call that arrives late', async () => {
    const fault = core.faults.next({ operation: 'debit', kind: 'hang' })
    const gone = new AbortController()
    const asked = caller.ask(`/card/${anna}/points/debit`, {
      method: 'POST',
      signal: gone.signal,
      headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
      body: JSON.stringify({
        points: 200,
        reference: 'p-1',
        venue_id_type: 'CustomParam',
        venue_id: 'aztecVenueId:1902',
      }),
    })
    await fault.reached
    gone.abort()
    expect(await failureOf(asked)).to.equal('AbortError')
    const early = await caller.credit(anna, 200, 'p-1')
    expect(early.exception, 'nothing to give back yet').to.equal('NothingToRestoreException')
    fault.release()
    // Answered only after the released call has had its turn of the event loop.
    await caller.card(anna)
    expect(core.points(anna)).to.equal(1050)
  })

  const unreadable: [FaultKind, (text: string) => void][] = [
    ['garbage', (text) => expect(() => JSON.parse(text)).to.throw(SyntaxError)],
    ['html', (text) => expect(text).to.match(/^<html>/)],
    ['empty', (text) => expect(text).to.equal('')],
  ]
  for (const [kind, look] of unreadable)
    it(`${kind}: a 200 that cannot be read`, async () => {
      core.faults.next({ kind })
      const headers = { authorization: `Bearer ${demo.apiKey}` }
      const response = await fetch(`${core.url}/card/${anna}`, { headers })
      expect(response.status).to.equal(200)
      look(await response.text())
    })

  it('truncated: a body that ends too early', async () => {
    core.faults.next({ kind: 'truncated' })
    expect(await failureOf(caller.card(anna))).to.equal('UND_ERR_SOCKET')
  })

  it('drip: a complete answer, byte by byte', async () => {
    core.faults.next({ kind: 'drip', ms: 0 })
    expect((await caller.card(anna)).body).to.have.property('id', anna)
  })

  it('delay: the answer comes later', async () => {
    core.faults.next({ kind: 'delay', ms: 1 })
    expect((await caller.card(anna)).body).to.have.property('id', anna)
  })

  it('redirect: a call that follows it is noticed', async () => {
    core.faults.next({ kind: 'redirect' })
    const headers = { authorization: `Bearer ${demo.apiKey}` }
    await fetch(`${core.url}/card/${anna}`, { headers })
    expect(core.violations).to.deep.equal(['a call that the core does not have'])
  })

  it('refusal: any exception, also one that the data gives no reason for', async () => {
    core.faults.next({ kind: 'refusal', exception: 'MemberNotFoundException' })
    expect((await caller.card(anna)).exception).to.equal('MemberNotFoundException')
  })

  it('a fault affects only its operation, and only as many times as asked', async () => {
    core.faults.next({ operation: 'debit', kind: '500', times: 2 })
    expect((await caller.card(anna)).exception).to.equal(undefined)
    const exceptions = [(await debit()).exception, (await debit()).exception, (await debit()).exception]
    expect(exceptions).to.deep.equal(['InternalErrorException', 'InternalErrorException', undefined])
  })

  it('faults that have not happened yet can be cleared', async () => {
    core.faults.next({ kind: '500', times: Infinity })
    expect((await caller.card(anna)).exception).to.equal('InternalErrorException')
    core.faults.clear()
    expect((await caller.card(anna)).exception).to.equal(undefined)
  })

  it('an outage refuses connections, and the data is still there afterwards', async () => {
    await debit()
    await core.goAway()
    expect(await failureOf(caller.card(anna))).to.equal('ECONNREFUSED')
    await core.comeBack()
    expect((await caller.card(anna)).body).to.have.nested.property('wallet.points', 1050)
  })

  it('a call can be awaited, whether it has come already or not', async () => {
    const coming = core.call(({ operation }) => operation === 'card')
    await caller.card(anna)
    expect(await coming).to.equal(core.calls[0])
    expect(await core.call(({ operation }) => operation === 'card')).to.equal(core.calls[0])
  })
})

import { expect } from 'chai'
import { demo } from '../simulators/core/demo-project.ts'
import { startCoreSimulator, type CoreSimulator } from '../simulators/core.ts'
import { createTill, type Till, type TillAnswer } from '../simulators/till.ts'
import { startAdapterProcess, type AdapterProcess } from '../support/adapter-process.ts'
import { commit, startCuttingProxy, type CuttingProxy } from '../support/cutting-proxy.ts'
import { journalEnv } from '../support/journal-url.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { takeCoffee } from './counter.ts'

const { anna } = demo.cards
/** The till's patience, and what a busy machine adds. Without the limit it was 3 s and more. */
const latestMs = 2_800
const credit = { cardNumber: anna, originalTransactionId: 'T-1' }

// Each use of the database was given up in time, but a message has several: two of them and a call to the core together
// took up to six seconds.
describe('a message during which the database falls silent', function () {
  this.timeout(60_000)
  useRealSockets()
  const makeDatabase = usePostgres()
  let core: CoreSimulator
  let proxy: CuttingProxy
  let adapter: AdapterProcess
  let till: Till
  beforeEach(async () => {
    core = await startCoreSimulator()
    proxy = await startCuttingProxy(await makeDatabase())
    // So that each message looks its venue up in the journal, and asks the core about it, for which it needs no slot.
    const env = {
      CORE_BASE_URL: core.url,
      VENUE_FRESH_MS: '0',
      VENUE_STALE_MS: '1',
      CORE_RATE_LIMIT: '0',
      ...journalEnv(proxy.url),
    }
    adapter = await startAdapterProcess(env)
    till = createTill({ baseUrl: adapter.url, venueId: demo.venueId, apiKey: demo.apiKey })
    expect((await till.balance({ cardNumber: anna })).reply).to.include({ response: 'OK' })
  })
  afterEach(async () => {
    await adapter.kill9()
    proxy.stop()
    await core.close()
  })

  it('is answered in time if it is a debit that the core has just done', async () => {
    const answer = await silentDuring('redeem', () => till.debit(takeCoffee))
    expect(answer.reply).to.include({ code: 'NOT_REDEEMED' })
    expect(answer.ms).to.be.below(latestMs)
  })

  it('is answered in time if it is a credit that the core has just done', async () => {
    expect((await till.debit(takeCoffee)).reply).to.include({ response: 'OK' })
    const answer = await silentDuring('restore', () => till.credit(credit))
    expect(answer.ms).to.be.below(latestMs)
    expect(answer.reply).to.include({ response: 'OK' })
  })

  it('is answered in time if it has to be written down, after its venue was looked up', async () => {
    proxy.swallow()
    const closed = { closedAt: new Date(), total: 1, currency: 'GBP' }
    const answers = await Promise.all([
      till.debit(takeCoffee),
      till.credit(credit),
      till.ticket({ ticketId: 'B-1', cardNumber: anna, ...closed }),
    ])
    for (const { ms } of answers) expect(ms).to.be.below(latestMs)
    // Whether a credit was written down before its till's time was up is not known.
    const codes = ['STORAGE_UNAVAILABLE', 'TRY_AGAIN_SHORTLY', 'STORAGE_UNAVAILABLE']
    expect(answers.map(({ reply }) => reply.code)).to.deep.equal(codes)
    for (const { reply } of answers) expect(reply).to.include({ retry: true })
  })

  // It heard that nothing was done, and the undo worker gave the reward back.
  it('does not say that nothing was done if it is a credit, which may be written down', async () => {
    expect((await till.debit(takeCoffee)).reply).to.include({ response: 'OK' })
    // That of the credit, since the debit's OK and the diary are written down meanwhile.
    const silent = proxy
      .onNext(commit, 'after', 'swallow', /UPDATE redemptions SET .*undo_by/)
      .then(() => proxy.swallow())
    const [{ reply }] = await Promise.all([till.credit(credit), silent])
    expect(reply).to.include({ code: 'TRY_AGAIN_SHORTLY', retry: true })
  })

  /** The core answers after 1.5 s, when the database has been silent for as long. */
  async function silentDuring(operation: 'redeem' | 'restore', ask: () => Promise<TillAnswer>) {
    const fault = core.faults.next({ operation, kind: 'delay', ms: 1_500, when: 'after' })
    const answered = ask()
    await fault.reached
    proxy.swallow()
    return await answered
  }
})

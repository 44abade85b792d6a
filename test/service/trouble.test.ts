import { expect } from 'chai'
import { DatabaseSync } from 'node:sqlite'
import { damage } from '../support/damage.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo, openCounter, takeCoffee, takePoints, type Counter } from './counter.ts'

describe('a journal that cannot be written', () => {
  useRealSockets()
  let counter: Counter
  beforeEach(async () => (counter = await openCounter()))
  afterEach(() => counter.close())

  const bill = { ticketId: 'B-1', closedAt: new Date(), total: 5, currency: 'GBP' }
  /** Holds the file as an operator's forgotten transaction would. */
  const lock = () => {
    const shell = new DatabaseSync(counter.service.journalPath)
    shell.exec('BEGIN IMMEDIATE')
    return () => {
      shell.exec('ROLLBACK')
      shell.close()
    }
  }
  const health = async () =>
    (await fetch(`${counter.service.managementUrl}/health/ready`)).json() as Promise<Record<string, string>>
  const metric = async (name: string): Promise<number> => {
    const page = await (await fetch(`${counter.service.managementUrl}/metrics`)).text()
    return Number(
      page
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')[1],
    )
  }

  it('refuses debits, credits and tickets before anything is done, serves balances, and recovers by itself', async () => {
    await counter.till.debit(takeCoffee)
    const unlock = lock()
    const answers = [
      await counter.till.debit(takePoints),
      await counter.till.credit({ cardNumber: demo.cards.anna, originalTransactionId: 'T-1' }),
      await counter.till.ticket(bill),
    ]
    for (const { status, reply } of answers) {
      expect([status, reply.code, reply.retry]).to.deep.equal([503, 'STORAGE_UNAVAILABLE', true])
    }
    expect(counter.moves()).to.have.length(1)
    expect((await counter.till.balance({ cardNumber: demo.cards.anna })).reply).to.include({ response: 'OK' })
    expect(await health())
      .to.include({ status: 'ready' })
      .and.to.have.property('journal')
      .that.matches(/locked/)

    unlock()
    expect((await counter.till.debit(takePoints)).reply).to.include({ response: 'OK' })
    expect((await counter.till.ticket(bill)).reply).to.include({ accepted: true })
    expect(await health()).to.include({ status: 'ready', journal: 'ok' })
  })

  it('does not say OK to a debit whose outcome it could not write, and holds the reward', async () => {
    await counter.till.balance({ cardNumber: demo.cards.anna })
    const fault = counter.core.faults.next({ operation: 'redeem', kind: 'hang' })
    const debit = counter.till.debit(takeCoffee)
    await fault.reached
    const unlock = lock()
    fault.release()
    expect((await debit).reply.code).to.equal('NOT_REDEEMED')
    unlock()
    expect((await counter.till.debit(takeCoffee)).reply.code).to.equal('TRY_AGAIN_SHORTLY')
  })

  it('that is damaged while it runs refuses all but balances, and says so', async () => {
    await counter.till.debit(takeCoffee)
    damage(counter.service.journalPath)
    for (const { status, reply } of [
      await counter.till.debit(takePoints),
      await counter.till.credit({ cardNumber: demo.cards.anna, originalTransactionId: 'T-1' }),
      await counter.till.ticket(bill),
    ])
      expect([status, reply.code, reply.retry]).to.deep.equal([503, 'STORAGE_UNAVAILABLE', true])
    expect(counter.moves()).to.have.length(1)
    expect((await counter.till.balance({ cardNumber: demo.cards.anna })).reply).to.include({ response: 'OK' })
    expect(await health())
      .to.include({ status: 'ready' })
      .and.to.have.property('journal')
      .that.matches(/malformed|overwritten/)
    expect(await metric('zonal_journal_trouble{kind="damaged"}')).to.equal(1)
  })

  it('that is full refuses all but balances, gives back what is in doubt, and recovers', async () => {
    await counter.close()
    counter = await openCounter({ JOURNAL_MAX_BYTES: String(1024 ** 2) })
    const undone = counter.service.line(({ msg, state }) => msg === 'undo' && state === 'reversed')
    counter.core.faults.next({ operation: 'debit', kind: 'reset', when: 'after' })
    expect((await counter.till.debit(takePoints)).reply.code).to.equal('NOT_REDEEMED')
    // More than there is room for.
    const other = new DatabaseSync(counter.service.journalPath)
    other.exec('CREATE TABLE padding (bytes BLOB); INSERT INTO padding VALUES (zeroblob(1024 * 1024))')

    for (const { status, reply } of [await counter.till.debit(takeCoffee), await counter.till.ticket(bill)])
      expect([status, reply.code, reply.retry]).to.deep.equal([503, 'STORAGE_UNAVAILABLE', true])
    expect((await counter.till.balance({ cardNumber: demo.cards.anna })).reply).to.include({ response: 'OK' })
    expect(await health())
      .to.include({ status: 'ready' })
      .and.to.have.property('journal')
      .that.matches(/is full/)
    expect(await metric('zonal_journal_bytes')).to.be.above(await metric('zonal_journal_max_bytes'))

    await undone
    expect(counter.core.points(demo.cards.anna)).to.equal(1250)

    other.exec('DROP TABLE padding')
    other.close()
    expect((await counter.till.debit(takeCoffee)).reply).to.include({ response: 'OK' })
    expect(await health()).to.include({ journal: 'ok' })
  })
})

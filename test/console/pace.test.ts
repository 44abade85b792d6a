import { expect } from 'chai'
import { createUserPace } from '../../src/console/pace.ts'
import { createManualClock } from '../support/manual-clock.ts'

describe('the pace of a user of the console', () => {
  const setUp = () => {
    const clock = createManualClock()
    const takeTurn = createUserPace(clock, clock)
    /** One page after the other. @returns how long each had to wait */
    const ask = async (pages: number, workMs: number, name = 'dana') => {
      const waitedMs: number[] = []
      for (let page = 0; page < pages; page++) {
        const askedMs = clock.monotonicMs()
        const turn = takeTurn(name, async () => {
          waitedMs.push(clock.monotonicMs() - askedMs)
          await clock.pass(workMs)
        })
        while (waitedMs.length <= page) await clock.pass(50)
        await turn
      }
      return waitedMs
    }
    return { clock, takeTurn, ask }
  }

  it('is free for some pages, then a two-hundredth of the time; nobody else waits', async () => {
    const { ask } = setUp()
    const waitedMs = await ask(90, 25)
    expect(waitedMs.slice(0, 80)).to.deep.equal(Array(80).fill(0))
    expect(waitedMs.at(-1)).to.equal(4_975)
    expect(await ask(1, 25, 'mo')).to.deep.equal([0])
  })

  // A page that took half a second counted ten, so that the third was refused on a busy evening.
  it('lets nobody who waits for each page wait for long, however slow the database is', async () => {
    const { ask } = setUp()
    const waitedMs = await ask(120, 2_000)
    expect(Math.max(...waitedMs)).to.be.at.most(500)
  })

  it('refuses whoever has asked for many pages at once', async () => {
    const { clock, takeTurn } = setUp()
    const work = Promise.withResolvers<void>()
    const asked = Array.from({ length: 90 }, () => takeTurn('dana', () => work.promise))
    await clock.pass(100)
    work.resolve()
    await Promise.all(asked)
    const refused: unknown = await takeTurn('dana', async () => undefined).catch((error: unknown) => error)
    expect(refused).to.include({ name: 'Refused', status: 429 })
    await clock.pass(60_000)
    await takeTurn('dana', async () => undefined)
  })
})

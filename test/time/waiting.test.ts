import { expect } from 'chai'
import { createLoop } from '../../src/time/loop.ts'
import { settlesWithin, sleep, within } from '../../src/time/waiting.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { failureOf } from '../trifft/setup.ts'

const never = new Promise<never>(() => undefined)
const late = new Error('late')

describe('work with a time limit', () => {
  it('returns what the work returns, or throws what it throws, and leaves no timer behind', async () => {
    const timers = createManualClock()
    expect(await within(timers, 10, Promise.resolve('done'), () => late)).to.equal('done')
    const failure = new Error('failed')
    expect(await failureOf(within(timers, 10, Promise.reject(failure), () => late))).to.equal(failure)
    expect(await settlesWithin(timers, 10, Promise.reject(failure))).to.equal(true)
    expect(timers.timersSet()).to.equal(0)
  })

  for (const ms of [10, 0, -5])
    it(`is given up after ${ms} ms, not before`, async () => {
      const timers = createManualClock()
      const failed = failureOf(within(timers, ms, never, () => late))
      const settles = settlesWithin(timers, ms, never)
      await timers.pass(Math.max(ms - 1, 0))
      expect(timers.timersSet()).to.equal(ms > 0 ? 2 : 0)
      await timers.pass(1)
      expect(await failed).to.equal(late)
      expect(await settles).to.equal(false)
    })
})

describe('a sleep', () => {
  it('ends on time, or at once with the reason of its signal', async () => {
    const timers = createManualClock()
    const asleep = sleep(timers, 10)
    await timers.pass(10)
    await asleep

    const stopping = new AbortController()
    const ended = failureOf(sleep(timers, 10, stopping.signal))
    stopping.abort(late)
    expect(await ended).to.equal(late)
    expect(await failureOf(sleep(timers, 10, stopping.signal))).to.equal(late)
    expect(timers.timersSet()).to.equal(0)
  })
})

describe('a loop', () => {
  it('runs its step again after the pause that the step asks for, or at once if it asks for none', async () => {
    const timers = createManualClock()
    const ranAtMs: number[] = []
    const pauses = [0, 100, 200]
    const loop = createLoop({
      timers,
      async step() {
        ranAtMs.push(timers.monotonicMs() - 1)
        return pauses.shift() ?? 1_000
      },
    })
    loop.start()
    await timers.pass(1_299)
    expect(ranAtMs).to.deep.equal([0, 0, 100, 300])
    await loop.stop()
    await timers.pass(10_000)
    expect(ranAtMs, 'once it was stopped').to.have.length(4)
  })

  it('stops after the step that is under way', async () => {
    const step = Promise.withResolvers<number>()
    const loop = createLoop({ timers: createManualClock(), step: () => step.promise })
    loop.start()
    let hasStopped = false
    const stopped = loop.stop().then(() => (hasStopped = true))
    await new Promise((resolve) => setImmediate(resolve))
    expect(hasStopped).to.equal(false)
    step.resolve(1)
    await stopped
    await loop.stop()
  })
})

import { expect } from 'chai'
import { setImmediate } from 'node:timers/promises'
import { createPace } from '../../src/zonal/http/pace.ts'
import { refusalOf } from './refusal-of.ts'

const large = 100_000

// Sixteen large tickets that came at once were read one after the other, and every till waited for all of them.
describe('the pace of large messages', () => {
  it('lets one go in each turn of the event loop, in the order of arrival', async () => {
    const pace = createPace()
    const gone: number[] = []
    for (const message of [1, 2, 3]) void pace(large)?.then(() => gone.push(message))
    const seen: number[][] = []
    for (let turn = 0; turn < 3; turn++) {
      await setImmediate()
      seen.push([...gone])
    }
    expect(seen).to.deep.equal([[1], [1, 2], [1, 2, 3]])
  })

  it('does not hold back a small one', () => {
    const pace = createPace()
    void pace(large)
    expect(pace(1_000)).to.equal(undefined)
  })

  it('puts off messages if too many are waiting, so that their tills keep them', async () => {
    const pace = createPace()
    const waiting = Array.from({ length: 64 }, () => pace(large))
    expect(refusalOf(() => pace(large)).code).to.equal('CORE_BUSY')
    for (const turn of waiting) await turn
    expect(await pace(large), 'no message is waiting any more').to.equal(undefined)
  })
})

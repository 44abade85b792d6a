import { expect } from 'chai'
import { createTurnstile } from '../../src/console/turnstile.ts'
import { Refused } from '../../src/console/page.ts'

describe('pages of the console', () => {
  /** Asks for pages that are ready when the test says so. */
  function askFor(count: number) {
    const passThrough = createTurnstile()
    const begun: number[] = []
    const ends: ((how?: Error) => void)[] = []
    const ask = (at: number) =>
      passThrough(() => {
        begun.push(at)
        return new Promise<number>((resolve, reject) => {
          ends[at] = (error) => (error ? reject(error) : resolve(at))
        })
      })
    const asked = Array.from({ length: count }, (_, at) => ask(at))
    for (const each of asked) each.catch(() => undefined)
    return { begun, ends, asked, ask }
  }

  it('are made four at a time; others wait, and come in their order', async () => {
    const { begun, ends, asked } = askFor(10)
    expect(begun).to.deep.equal([0, 1, 2, 3])
    for (let at = 0; at < 10; at++) {
      ends[at]!()
      expect(await asked[at]).to.equal(at)
      expect(begun).to.have.length(Math.min(10, at + 5))
    }
    expect(begun).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('are refused with a message if twenty are waiting, until there is room again', async () => {
    const { ends, asked, begun, ask } = askFor(26)
    for (const at of [24, 25]) {
      const error = await asked[at]!.catch((thrown: unknown) => thrown)
      expect(error).to.be.instanceOf(Refused).and.include({ status: 503 })
      expect((error as Error).message).to.include('Load this page again in a moment')
    }
    ends[0]!()
    await asked[0]
    const late = ask(26)
    for (let at = 1; at < 24; at++) {
      ends[at]!()
      await asked[at]
    }
    expect(begun.at(-1)).to.equal(26)
    ends[26]!()
    expect(await late).to.equal(26)
  })

  it('make room also if they fail', async () => {
    const { begun, ends, asked } = askFor(5)
    ends[2]!(new Error('broken'))
    await asked[2]!.catch(() => undefined)
    expect(begun).to.deep.equal([0, 1, 2, 3, 4])
  })
})

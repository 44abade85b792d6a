import { expect } from 'chai'
import { setImmediate } from 'node:timers/promises'
import { createTurns } from '../../src/loyalty/turns.ts'

const anna = { tenant: 'crown', cardHash: 'anna' }

describe('the turn of a card', () => {
  it('comes in order of arrival', async () => {
    const { waitFor } = createTurns()
    const order: number[] = []
    const turns = [1, 2, 3].map(async (number) => {
      const end = await waitFor(anna, 1_000)
      order.push(number)
      end?.()
    })
    await Promise.all(turns)
    expect(order).to.deep.equal([1, 2, 3])
  })

  it('is waited for by at most sixteen messages, so that one till cannot fill the memory', async () => {
    const { waitFor } = createTurns()
    const end = await waitFor(anna, 1_000)
    const waiting = Array.from({ length: 16 }, () => waitFor(anna, 1_000))
    expect(await waitFor(anna, 1_000)).to.equal(undefined)
    expect(await waitFor({ ...anna, cardHash: 'ben' }, 1_000), 'another card').to.be.a('function')
    end?.()
    for (const turn of waiting) (await turn)?.()
    expect(await waitFor(anna, 0), 'free again').to.be.a('function')
  })

  it('is waited for by at most 256 messages of one project, without affecting other projects', async () => {
    const { waitFor } = createTurns()
    const cards = Array.from({ length: 18 }, (_, index) => ({ tenant: 'crown', cardHash: `card-${index}` }))
    const ends = await Promise.all(cards.map((card) => waitFor(card, 1_000)))
    const waiting = cards.flatMap((card) => Array.from({ length: 15 }, () => waitFor(card, 10_000)))
    const refused: unknown[] = []
    for (const turn of waiting) void turn.then((end) => end ?? refused.push(turn))
    await setImmediate()
    expect(refused).to.have.length(waiting.length - 256)
    const other = { tenant: 'anchor', cardHash: 'card-0' }
    expect(await waitFor(other, 0)).to.be.a('function')
    for (const end of ends) end?.()
    for (const turn of waiting) (await turn)?.()
  })
})

import { expect } from 'chai'
import { EventEmitter, once } from 'node:events'
import { basic } from '../simulators/till/encode.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo, openCounter, type Counter } from './counter.ts'

/** How long a guesser who is locked out waits for each answer. */
const slowMs = 1_000

/** Story: a guesser who was locked out was told so 6,900 times a second. */
describe('a guesser who is locked out', () => {
  useRealSockets()
  let counter: Counter
  let clock: ManualClock
  beforeEach(async () => {
    clock = createManualClock()
    counter = await openCounter({ GUESSES_PER_ADDRESS: '1' }, { clock })
    await counter.till.balance({ cardNumber: demo.cards.anna })
    await guess(0)
  })
  afterEach(() => counter.close())

  /** The search for due undos has a timer of a second too. */
  const whenWaiting = (guessers: number) => clock.whenSet(slowMs, guessers + 1)
  const guess = async (number: number) => {
    const response = await fetch(`${counter.service.url}/balance`, {
      method: 'POST',
      headers: {
        authorization: basic({ venueId: demo.venueId, apiKey: `guessed-key-${number}` }),
        'content-type': 'application/json',
      },
      body: JSON.stringify({ cardNumber: demo.cards.anna }),
    })
    const { code } = (await response.json()) as { code: string }
    return { code, connection: response.headers.get('connection') }
  }

  it('waits a second for each answer, and nobody else waits', async () => {
    let isAnswered = false
    const locked = guess(1).finally(() => (isAnswered = true))
    await whenWaiting(1)
    expect((await counter.till.balance({ cardNumber: demo.cards.ben })).reply).to.include({ response: 'OK' })
    await clock.pass(slowMs - 1)
    expect(isAnswered).to.equal(false)
    await clock.pass(1)
    expect(await locked).to.include({ code: 'CREDENTIALS_LOCKED' })
  })

  it('is disconnected if a hundred are waiting already', async () => {
    const answers = Array.from({ length: 130 }, (_, number) => guess(number + 1))
    const hungUpOn: string[] = []
    const toldAtOnce = new EventEmitter()
    for (const answer of answers)
      void answer.then(({ code, connection }) => {
        if (connection === 'close') toldAtOnce.emit('told', hungUpOn.push(code))
      })
    await whenWaiting(100)
    while (hungUpOn.length < 30) await once(toldAtOnce, 'told')
    await clock.pass(slowMs)
    const codes = (await Promise.all(answers)).map(({ code }) => code)
    expect(new Set(codes)).to.deep.equal(new Set(['CREDENTIALS_LOCKED']))
    expect(hungUpOn).to.have.length(30)
  })

  it('does not hold up a stop', async () => {
    const locked = counter.service.line(({ code }) => code === 'CREDENTIALS_LOCKED')
    const answer = guess(1)
    await whenWaiting(1)
    await counter.service.stop()
    expect(await answer).to.include({ code: 'CREDENTIALS_LOCKED' })
    expect(await locked).to.include({ isAnswered: true })
  })
})

import { expect } from 'chai'
import { readCounter } from '../http/raw-client.ts'
import { basic } from '../simulators/till/encode.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo, openCounter, type Counter } from './counter.ts'

/** Story: whoever guessed keys and was locked out was told so 6,900 times a second. */
describe('a guesser who is locked out', () => {
  useRealSockets()
  let counter: Counter
  beforeEach(async () => {
    counter = await openCounter({ GUESSES_PER_ADDRESS: '1' })
    await counter.till.balance({ cardNumber: demo.cards.anna })
    await guess(0)
  })
  afterEach(() => counter.close())

  const guess = async (number: number) => {
    const startedMs = performance.now()
    const response = await fetch(`${counter.service.url}/balance`, {
      method: 'POST',
      headers: {
        authorization: basic({ venueId: demo.venueId, apiKey: `guessed-key-${number}` }),
        'content-type': 'application/json',
      },
      body: JSON.stringify({ cardNumber: demo.cards.anna }),
    })
    const { code } = (await response.json()) as { code: string }
    return { code, connection: response.headers.get('connection'), ms: performance.now() - startedMs }
  }

  it('waits a second for each answer, and nobody else waits', async () => {
    const locked = guess(1)
    const startedMs = performance.now()
    const { reply } = await counter.till.balance({ cardNumber: demo.cards.ben })
    const honestMs = performance.now() - startedMs
    const { code, ms } = await locked
    expect(reply).to.include({ response: 'OK' })
    expect(code).to.equal('CREDENTIALS_LOCKED')
    expect(ms).to.be.within(900, 2_400)
    expect(honestMs).to.be.lessThan(ms)
  })

  it('is hung up on if a hundred wait already', async () => {
    const answers = await Promise.all(Array.from({ length: 130 }, (_, number) => guess(number + 1)))
    const hungUpOn = answers.filter(({ connection }) => connection === 'close')
    expect(new Set(answers.map(({ code }) => code))).to.deep.equal(new Set(['CREDENTIALS_LOCKED']))
    expect(hungUpOn.length).to.be.within(1, 30)
    for (const { connection, ms } of answers) if (connection !== 'close') expect(ms).to.be.greaterThan(900)
  })

  it('holds up no stop', async () => {
    const locked = counter.service.line(({ code }) => code === 'CREDENTIALS_LOCKED')
    const answer = guess(1)
    while ((await readCounter(counter.service.managementUrl, 'zonal_credentials_locked_total')) === 0);
    await counter.service.stop()
    expect((await answer).ms).to.be.lessThan(900)
    expect(await locked).to.include({ isAnswered: true })
  })
})

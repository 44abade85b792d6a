import { expect } from 'chai'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { basic } from '../simulators/till/encode.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo, openCounter, takeCoffee, takePoints, type Counter } from './counter.ts'

/**
 * Story: a till behind a bad line had sent half of its message, and its operator looked at a frozen screen for up to
 * forty seconds: the deadline was only checked once the message had been read.
 */
describe('a message that does not arrive completely', () => {
  useRealSockets()
  let counter: Counter
  const sockets: Socket[] = []
  beforeEach(async () => (counter = await openCounter({ POS_DEADLINE_MS: '600' })))
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    await counter.close()
  })

  /** @returns how to send the rest, and what the till hears until its connection is closed */
  async function sendHalf(operation: string, message: object) {
    const body = JSON.stringify(message)
    const socket = connect(counter.service.port, '127.0.0.1')
    sockets.push(socket)
    await once(socket, 'connect')
    const head = [
      `POST /zonal/v1/${operation} HTTP/1.1`,
      'Host: adapter',
      // After a ticket the till asks for the connection to be closed; after all others the service has to do so by itself.
      `Connection: ${operation === 'ticket' ? 'close' : 'keep-alive'}`,
      `Authorization: ${basic({ venueId: demo.venueId, apiKey: demo.apiKey })}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, 10)}`)
    const answer = text(socket).then((all) => {
      const [said = '', reply = ''] = all.split('\r\n\r\n')
      return { status: Number(said.split(' ')[1]), said, reply: JSON.parse(reply) as Record<string, unknown> }
    })
    return { answer, sendRest: () => socket.write(body.slice(10)) }
  }

  const bill = () => ({ ticketId: 'B-1', closedAt: new Date(), total: 5, currency: 'GBP' })

  for (const [operation, message] of [
    ['balance', { cardNumber: demo.cards.anna }],
    ['debit', takeCoffee],
    ['credit', { cardNumber: demo.cards.anna, originalTransactionId: 'T-1' }],
  ] as const)
    it(`is answered that nothing was done if it is a ${operation}, and its connection is closed`, async () => {
      const { answer } = await sendHalf(operation, message)
      const { status, said, reply } = await answer
      expect([status, reply.code, reply.retry]).to.deep.equal([503, 'CORE_UNAVAILABLE', true])
      expect(said).to.match(/^Connection: close/m)
      expect(counter.core.calls).to.have.length(0)
    })

  it('is taken all the same if it is a ticket, for which nobody waits', async () => {
    await counter.till.balance({ cardNumber: demo.cards.anna })
    const ticket = await sendHalf('ticket', bill())
    // The debit came later and its deadline is over, so the ticket's is over too.
    await (
      await sendHalf('debit', takePoints)
    ).answer
    ticket.sendRest()
    expect(await ticket.answer).to.deep.nested.include({
      status: 200,
      'reply.response': 'OK',
      'reply.accepted': true,
    })
  })

  // The till was told that the message was unreadable, so it dropped the ticket, and its request id was in no log.
  it('is put off after ten seconds if it is a ticket, so that its till sends it again', async function () {
    this.timeout(20_000)
    const logged = counter.service.line(({ msg, message }) => msg === 'request' && message === 'ticket')
    const { status, reply } = await (await sendHalf('ticket', bill())).answer
    expect([status, reply.code, reply.retry]).to.deep.equal([503, 'CORE_UNAVAILABLE', true])
    expect(await logged).to.include({
      requestId: reply.requestId,
      code: 'CORE_UNAVAILABLE',
      isAnswered: true,
    })
  })
})

import { expect } from 'chai'
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHttpServer, type Limits } from '../../src/http/server.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { say, type RawClient } from './raw-client.ts'

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const brokenAnswer = () => ({ bytes: 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nbroken' })

/** The server of both ports, with limits that a test can reach. */
describe('a connection', () => {
  useRealSockets()
  const reasons: string[] = []
  const endings: (() => void)[] = []
  afterEach(() => {
    for (const end of endings.splice(0)) end()
    reasons.length = 0
  })

  async function open(listener: RequestListener, limits: Partial<Limits> = {}) {
    const { server } = createHttpServer({
      listener,
      limits: { connections: 10, pendingRequests: 3, inactivityMs: 5_000, ...limits },
      report: ({ reason }) => reasons.push(reason),
      brokenAnswer,
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    endings.push(
      () => void server.close(),
      () => server.closeAllConnections(),
    )
    const { port } = server.address() as AddressInfo
    return async (bytes: string): Promise<RawClient> => {
      const client = await say(port, bytes)
      endings.push(() => client.socket.destroy())
      return client
    }
  }

  it('may have as many requests at once as tills send, which are answered in order', async () => {
    const waiting: (() => void)[] = []
    const talk = await open((request, response) => {
      waiting.push(() => response.end(`answer to ${request.url};`))
      if (waiting.length === 3) for (const answer of waiting.toReversed()) answer()
    })
    const { heardUntil } = await talk(
      ['/1', '/2', '/3'].map((path) => get.replace('/ ', `${path} `)).join(''),
    )
    const heard = await heardUntil('answer to /3;')
    expect(heard.match(/answer to [^;]+;/g)).to.deep.equal([
      'answer to /1;',
      'answer to /2;',
      'answer to /3;',
    ])
    expect(reasons).to.deep.equal([])
  })

  it('is destroyed if it has one more, and the requests that were begun are aborted', async () => {
    let begun = 0
    let over = 0
    const talk = await open((_request, response) => {
      begun += 1
      response.once('close', () => (over += 1))
    })
    const { closed } = await talk(get.repeat(4))
    expect(await closed).to.equal('')
    await until(() => over === 3)
    expect([begun, over]).to.deep.equal([3, 3])
    expect(reasons).to.deep.equal(['pipelined'])
  })

  // Nine peers that sent thousands of requests at once kept tills waiting for a second, half of it for stacks.
  it('makes no stacks for the requests that it gives up', async () => {
    const stacks: (string | undefined)[] = []
    const talk = await open((request) => {
      request.once('error', ({ stack }) => stacks.push(stack))
    })
    const { closed } = await talk(get.repeat(1_000))
    await closed
    await until(() => stacks.length === 3)
    expect(stacks).to.deep.equal(Array(3).fill('Error: aborted'))
    expect(new Error('later').stack).to.include('\n    at ')
  })

  it('is destroyed if its answer is not read', async () => {
    const talk = await open((_request, response) => response.end(Buffer.alloc(64 * 1024 ** 2)), {
      inactivityMs: 200,
    })
    const client = await talk('')
    client.socket.pause().write(get)
    await until(() => reasons.length > 0)
    expect(reasons).to.deep.equal(['answer_unread'])
  })

  it('is kept while its answer is read slowly', async () => {
    const bytes = 16 * 1024 ** 2
    const talk = await open((_request, response) => response.end(Buffer.alloc(bytes)), {
      // Reading takes longer than that.
      inactivityMs: 1_500,
    })
    const { socket } = await talk('')
    let read = 0
    const done = new Promise<void>((resolve) => {
      socket.removeAllListeners('data').on('data', (chunk) => {
        read += chunk.length
        if (read >= bytes) return resolve()
        socket.pause()
        setTimeout(() => socket.resume(), 10)
      })
    })
    socket.write(get)
    await done
    expect(reasons).to.deep.equal([])
  })

  it('is closed at once if there are too many, unless an idle one can be closed for it', async () => {
    const talk = await open((_request, response) => response.end('ok'), { connections: 2 })
    const idle = await Promise.all([talk(get), talk(get)])
    for (const { heardUntil } of idle) await heardUntil('ok')
    const { closed } = await talk(get)
    expect(await closed).to.equal('')
    expect(reasons).to.deep.equal(['no_room'])
    await Promise.all(idle.map((each) => each.closed))
    await (await talk(get)).heardUntil('ok')
  })

  it('gets the answer to its request before the error about an unreadable next one', async () => {
    let answer: (() => void) | undefined
    const talk = await open((_request, response) => (answer = () => response.end('answer')))
    const { heard, closed } = await talk(`${get}garbage\r\n\r\n`)
    await until(() => answer !== undefined)
    expect(heard()).to.equal('')
    answer?.()
    expect(await closed).to.match(/answer[^]*broken$/)
    expect(reasons).to.deep.equal(['unreadable'])
  })

  // It stayed half open for as long as its peer wanted.
  it('is destroyed a moment after its last answer, even if its peer keeps its side open', async () => {
    const talk = await open((_request, response) => response.end())
    const { closed, socket } = await talk('garbage\r\n\r\n')
    expect(await closed).to.match(/broken$/)
    let failed = false
    socket.on('error', () => (failed = true))
    while (!failed) {
      socket.write('x')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })

  it('is not answered if it never sends a byte', async function () {
    this.timeout(20_000)
    const talk = await open(() => undefined, { inactivityMs: 15_000 })
    expect(await (await talk('')).closed).to.equal('')
    expect(reasons).to.deep.equal(['late'])
  })
})

async function until(isTrue: () => boolean) {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve))
}

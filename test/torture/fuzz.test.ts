import { expect } from 'chai'
import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { codes } from '../../src/model/refusal.ts'
import { aliases } from '../../src/zonal/dialects/json/fields.ts'
import { understand } from '../simulators/till/dialects.ts'
import { basic } from '../simulators/till/encode.ts'
import { demo, openCounter, type Counter } from '../service/counter.ts'
import { isAtLength } from '../support/at-length.ts'
import { useRealSockets } from '../support/real-sockets.ts'

/** More on demand: FUZZ=1000000 npm run fuzz; the same again: FUZZ_SEED=… */
const messages = Number(process.env.FUZZ ?? (isAtLength ? 20_000 : 3_000))
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31)
/** Written at once on one connection: as many as may wait there. */
const pipelined = 8

type Sample = { path: string; contentType: string; body: string }

describe('recorded messages, mutated at random,', () => {
  useRealSockets()
  let counter: Counter
  before(async () => (counter = await openCounter({ LOG_LEVEL: 'error', CORE_RATE_LIMIT: '0' })))
  after(() => counter.close())

  it(`are answered in the documented shape (${messages} messages, seed ${seed})`, async function () {
    this.timeout(0)
    const random = createRandom(seed)
    const samples = readSamples()
    const lanes = await Promise.all([1, 2, 3, 4].map(() => openLane(counter.service.port)))
    let left = messages
    const codesSeen = new Map<string, number>()
    await Promise.all(
      lanes.map(async (lane) => {
        while (left > 0) {
          const count = Math.min(pipelined, left)
          left -= count
          const batch = Array.from({ length: count }, () => mutate(samples[random(samples.length)]!, random))
          for (const [index, answer] of (await lane.exchange(batch)).entries()) {
            const code = check(answer, batch[index]!)
            codesSeen.set(code, (codesSeen.get(code) ?? 0) + 1)
          }
        }
      }),
    )
    for (const lane of lanes) lane.close()
    expect(codesSeen.get('OK'), 'some are still valid').to.be.greaterThan(0)
    expect(codesSeen.size, 'many kinds of mistakes').to.be.greaterThan(5)
    expect(counter.service.rawLines).to.deep.equal([])
  })
})

function check({ status, body }: { status: number; body: string }, sent: Sample): string {
  const context = `${JSON.stringify(sent)} → ${body}`
  const said = understand(body) ?? expect.fail(context)
  if (said.response === 'OK') {
    expect(status, context).to.equal(200)
    return 'OK'
  }
  expect(said.response, context).to.equal('Error')
  expect(codes, context).to.include(said.code)
  expect(said.code, context).to.not.equal('INTERNAL_ERROR')
  expect(said.detail, context).to.be.a('string').and.not.empty
  expect(said.requestId, context).to.match(/^[0-9a-f-]{36}$/)
  expect(body).to.not.match(/node:internal|\.ts:\d/)
  return String(said.code)
}

/** Every recorded request that has a body, whatever became of it. */
function readSamples(): Sample[] {
  const folder = new URL('../../contracts/recordings/', import.meta.url)
  return readdirSync(folder).flatMap((file) => {
    const { request } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as {
      request: { method: string; path: string; headers: Record<string, string>; body?: string }
    }
    if (request.method !== 'POST' || !request.body || request.body.length > 4_000) return []
    const contentType =
      Object.entries(request.headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
    return { path: request.path, contentType, body: request.body.replaceAll('URCARD123', demo.cards.anna) }
  })
}

type Random = (below: number) => number

/** mulberry32: small, seeded, good enough to choose by. */
function createRandom(from: number): Random {
  let state = from
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const pieces = [
  ...Object.values(aliases).flatMap((table) => Object.keys(table)),
  '"',
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  'null',
  'true',
  '-',
  '0',
  '1e999',
  '9007199254740993',
  '99999999999999999999',
  '"__proto__":{"a":1},',
  '\\u0000',
  '\u0000',
  '\ud800',
  'é',
  '%',
  '&request=',
  '2026-03-29T01:30:00',
  '12.345678',
  '-0.005',
  ' '.repeat(50),
  'x'.repeat(300),
]

function mutate({ path, contentType, body }: Sample, random: Random): Sample {
  let text = body
  for (let times = random(4); times > 0; times--) text = mutateText(text, random)
  return {
    path:
      random(20) === 0
        ? `/zonal/v1/${['balance', 'DEBIT', 'credit', 'ticket', '', 'refund'][random(6)]}`
        : path,
    contentType:
      random(40) === 0
        ? ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-16le'][
            random(3)
          ]!
        : contentType,
    body: text,
  }
}

function mutateText(text: string, random: Random): string {
  const at = random(text.length + 1)
  const to = Math.min(text.length, at + 1 + random(12))
  const piece = pieces[random(pieces.length)]!
  switch (random(6)) {
    case 0:
      return text.slice(0, at) + text.slice(to)
    case 1:
      return text.slice(0, to) + text.slice(at)
    case 2:
      return text.slice(0, at) + piece + text.slice(at)
    case 3:
      return text.slice(0, at) + piece + text.slice(to)
    case 4:
      return text.slice(0, at) + String.fromCharCode(random(0x250)) + text.slice(at + 1)
    default:
      return text.replace(/\d+/, () => String(random(2 ** 30)))
  }
}

/** One keep-alive connection; a new one if the service has closed it, as it does after what it could not read. */
async function openLane(port: number) {
  let socket = await open(port)
  const authorization = basic({ venueId: demo.venueId, apiKey: demo.apiKey })
  const bytesOf = ({ path, contentType, body }: Sample) => {
    const content = Buffer.from(body)
    const head = `POST ${encodeURI(path)} HTTP/1.1\r\nHost: adapter\r\nAuthorization: ${authorization}\r\nContent-Type: ${contentType}\r\nContent-Length: ${content.length}\r\n\r\n`
    return Buffer.concat([Buffer.from(head), content])
  }

  return {
    close: () => socket.destroy(),
    async exchange(batch: Sample[]) {
      const answers: { status: number; body: string }[] = []
      while (answers.length < batch.length) {
        socket.write(Buffer.concat(batch.slice(answers.length).map(bytesOf)))
        const { answers: some, isClosed } = await readAnswers(socket, batch.length - answers.length)
        answers.push(...some)
        if (isClosed) socket = await open(port)
      }
      return answers
    },
  }
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

/** Reads as many answers as were asked for, or as many as came before the connection was closed. */
function readAnswers(socket: Socket, count: number) {
  return new Promise<{ answers: { status: number; body: string }[]; isClosed: boolean }>((resolve) => {
    const answers: { status: number; body: string }[] = []
    let unread = Buffer.alloc(0)
    const finish = (isClosed: boolean) => {
      socket.off('data', read).off('close', close).off('error', close)
      resolve({ answers, isClosed })
    }
    const close = () => finish(true)
    const read = (chunk: Buffer) => {
      unread = Buffer.concat([unread, chunk])
      for (;;) {
        const end = unread.indexOf('\r\n\r\n')
        if (end < 0) return
        const head = unread.toString('latin1', 0, end)
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
        if (unread.length < end + 4 + length) return
        answers.push({
          status: Number(head.slice(9, 12)),
          body: unread.toString('utf8', end + 4, end + 4 + length),
        })
        unread = unread.subarray(end + 4 + length)
        if (/^connection: close/im.test(head)) return finish(true)
        if (answers.length === count) return finish(false)
      }
    }
    socket.on('data', read).on('close', close).on('error', close)
  })
}

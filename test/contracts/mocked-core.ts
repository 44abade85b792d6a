import nock from 'nock'
import { mockedCore } from '../support/test-service.ts'
import { parseJson, pick } from './exchange.ts'
import { compare, fillIn, type Bindings } from './placeholders.ts'
import type { CoreCall } from './recording.ts'

const headersThatMatter = ['authorization', 'content-type', 'idempotency-key']

/**
 * The core as it is in recordings.
 * @param calls expected, in this order and no others
 * @returns `requests` as they came; `problems`: one line per difference, once the exchange is over; `close` ends the
 * watch for other calls
 */
export function mockCore(calls: CoreCall[], bindings: Bindings) {
  const problems: string[] = []
  const made: number[] = []
  const requests: CoreCall['request'][] = []
  const noteStranger = ({ method, url }: Request) => {
    if (url.startsWith(mockedCore)) problems.push(`core: nobody expected ${method} ${url}`)
  }
  nock.emitter.on('no match', noteStranger)

  for (const [index, call] of calls.entries())
    nock(mockedCore)
      .intercept(call.request.path, call.request.method)
      .reply(async (request: Request) => {
        made.push(index)
        const got = await readRequest(request)
        requests.push(got)
        problems.push(...compare(call.request, got, `core.${index}.request`, bindings))
        return await answer(call.reply, bindings)
      })

  return {
    requests,
    problems(): string[] {
      const expected = calls.map((_, index) => index)
      return [...problems, ...compare(expected, made, 'order of the core calls', new Map())]
    },
    close() {
      nock.emitter.off('no match', noteStranger)
    },
  }
}

/**
 * A core that accepts every venue and answers nothing else: for exchanges of which only the till's side is recorded.
 */
export function mockAbsentCore() {
  const core = nock(mockedCore).persist()
  core.get(/^\/v1\/venue/).reply(200, [{ id: 'stand-in', currency: 'GBP' }])
  core.get(/./).reply(503)
  core.post(/./).reply(503)
}

async function readRequest(request: Request): Promise<CoreCall['request']> {
  const text = await request.text()
  return {
    method: request.method === 'POST' ? 'POST' : 'GET',
    path: request.url.slice(mockedCore.length),
    headers: pick(Object.fromEntries(request.headers), headersThatMatter),
    ...(text === '' ? {} : { body: parseJson(text) }),
  }
}

async function answer(reply: CoreCall['reply'], bindings: Bindings) {
  if ('fault' in reply) return reply.fault === 'reset' ? resetConnection() : await never
  const { status, headers, body } = reply
  const isText = typeof body === 'string'
  const text = fillIn(isText ? body : JSON.stringify(body), bindings)
  return [status, text, { 'Content-Type': isText ? 'text/html' : 'application/json', ...headers }]
}

function resetConnection(): never {
  throw Object.assign(new Error('reset by a fault'), { code: 'ECONNRESET' })
}

const never = new Promise<never>(() => undefined)

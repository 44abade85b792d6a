import nock from 'nock'
import { mockedCore } from '../support/test-service.ts'
import { compare, fillIn, type Bindings } from './placeholders.ts'
import { pick } from './exchange.ts'
import type { CoreCall } from './recording.ts'

type Answer = (error: NodeJS.ErrnoException | null, result: nock.ReplyFnResult) => void

const headersThatMatter = ['authorization', 'content-type', 'idempotency-key']

/**
 * The core as recordings tell of it.
 * @param calls expected, in this order and no others
 * @returns `problems`: one line per difference, once the exchange is over; `close` forgets the mocks
 */
export function mockCore(calls: CoreCall[], bindings: Bindings) {
  const problems: string[] = []
  const made: number[] = []
  const noteStranger = ({ method, path }: { method?: string; path?: string }) =>
    problems.push(`core: nobody expected ${method} ${path}`)
  nock.emitter.on('no match', noteStranger)

  for (const [index, { request, reply }] of calls.entries())
    nock(mockedCore)
      .intercept(request.path, request.method)
      .reply(function (
        this: { req: { headers: NodeJS.Dict<string | string[]> } },
        _uri: string,
        body: nock.Body,
        answer: Answer,
      ) {
        made.push(index)
        const headers = pick(this.req.headers, headersThatMatter)
        const got = { ...request, headers, body: body === '' ? undefined : body }
        problems.push(...compare(request, got, `core.${index}.request`, bindings))
        if ('fault' in reply) return reply.fault === 'reset' ? answer(connectionReset(), [0]) : undefined
        const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body)
        const contentType = typeof reply.body === 'string' ? 'text/html' : 'application/json'
        answer(null, [
          reply.status,
          fillIn(text, bindings),
          { 'Content-Type': contentType, ...reply.headers },
        ])
      })

  return {
    problems(): string[] {
      const expected = calls.map((_, index) => index)
      return [...problems, ...compare(expected, made, 'order of the core calls', new Map())]
    },
    close() {
      nock.emitter.off('no match', noteStranger)
    },
  }
}

/** A core that knows every venue and can answer nothing else: for exchanges of which only the till's side is known. */
export function mockAbsentCore() {
  const venues = [{ id: 'stand-in', currency: 'GBP' }]
  nock(mockedCore)
    .persist()
    .get(/^\/v1\/venue\?/)
    .reply(200, venues)
  nock(mockedCore).persist().get(/./).reply(503)
  nock(mockedCore).persist().post(/./).reply(503)
}

function connectionReset(): NodeJS.ErrnoException {
  return Object.assign(new Error('reset by a fault'), { code: 'ECONNRESET' })
}

import { expect } from 'chai'
import fc from 'fast-check'
import { codes } from '../../src/model/refusal.ts'
import { registeredDialects } from '../../src/zonal/dialects/registered.ts'
import type { Dialect } from '../../src/zonal/dialect.ts'
import { demo, type Counter } from '../service/counter.ts'
import { loadTill } from '../simulators/till/dialects.ts'
import { basic } from '../simulators/till/encode.ts'

/** What is thrown at a dialect: `test/dialects/NAME/hostile.ts` exports it as `hostile`. */
export type Hostile = {
  mediaTypes: string[]
  /** Messages, whole and broken. */
  bodies: fc.Arbitrary<string>
  /** The content type of every answer. */
  replyType: RegExp
}

const paths = fc.oneof(
  fc.constantFrom(
    '',
    '/',
    '/balance',
    '/DEBIT/',
    '/credit',
    '/Ticket',
    '/register',
    '/%',
    '/balance/%2e%2e',
    '/../..',
  ),
  fc.webPath(),
)
const login = basic({ venueId: demo.venueId, apiKey: demo.apiKey })
const authorizations = fc.oneof(
  fc.constantFrom(login, login, 'Basic', 'Basic ====', 'Bearer x', ''),
  fc.base64String().map((text) => `Basic ${text}`),
)

export type Fuzz = Awaited<ReturnType<typeof createFuzz>>

/** @param dialects that the service speaks */
export async function createFuzz(dialects: readonly Dialect[] = registeredDialects) {
  const spoken = await Promise.all(
    dialects.map(async (dialect) => {
      const { hostile } = (await import(`./${dialect.name}/hostile.ts`)) as { hostile: Hostile }
      const [{ decode }] = (await loadTill(dialect)).wordings
      return { ...hostile, decode }
    }),
  )
  const types = fc.constantFrom(
    ...spoken.flatMap(({ mediaTypes }) => mediaTypes),
    'text/xml',
    'multipart/form-data; boundary=x',
  )
  const bodies = fc.oneof(...spoken.map((each) => each.bodies), fc.string({ unit: 'binary' }))

  /** OK, or a refusal with all that it must say, in one of the dialects: nothing else, ever. */
  function expectShape(text: string, status: number, contentType: string | null) {
    const [answer] = spoken.flatMap(({ decode, replyType }) => {
      const reply = decode(text)
      return reply ? [{ reply, replyType }] : []
    })
    const { reply, replyType } = answer ?? expect.fail(`in no dialect: ${text}`)
    if (reply.service) return
    expect(reply.requestId, text).to.match(/^[0-9a-f-]{36}$/)
    if (reply.response === 'OK') return expect(status).to.equal(200)
    expect(reply.response).to.equal('Error')
    expect(codes).to.include(reply.code)
    expect(reply.code, text).to.not.equal('INTERNAL_ERROR')
    expect(reply.detail).to.be.a('string').and.not.empty
    expect(reply.retry).to.be.a('boolean')
    expect(text).to.not.match(/\.ts:|node:internal|at \w+ \(/)
    expect(contentType).to.match(replyType)
  }

  /** Any message of any dialect, whole or broken, at any address, as any media type. */
  async function throwAll({ service }: Pick<Counter, 'service'>, numRuns: number) {
    await fc.assert(
      fc.asyncProperty(paths, types, authorizations, bodies, async (path, type, authorization, body) => {
        const headers = { 'content-type': type, authorization }
        const response = await fetch(service.url + path, { method: 'POST', headers, body })
        expectShape(await response.text(), response.status, response.headers.get('content-type'))
      }),
      { numRuns },
    )
  }

  return { expectShape, throwAll }
}

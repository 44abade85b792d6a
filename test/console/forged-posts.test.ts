import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { useRealSockets } from '../support/real-sockets.ts'
import { basicOf, openTestConsole, type TestConsole } from './open-console.ts'

type Headers = Record<string, string>

describe('a form for the console', function () {
  useRealSockets()
  let test: TestConsole
  before(async () => (test = await openTestConsole()))
  after(() => test?.close())

  /** Exactly these headers: `fetch` would set some of them itself. */
  function post(headers: Headers, { method = 'POST', path = '/search' } = {}) {
    const { hostname, port, host } = new URL(test.url)
    return new Promise<{ status: number | undefined; body: string; allow: string | undefined }>(
      (resolve, reject) => {
        const sent = request(
          {
            ...{ hostname, port, method, path, agent: false },
            headers: {
              host,
              authorization: basicOf('operator'),
              'content-type': 'application/x-www-form-urlencoded',
              ...headers,
            },
          },
          (answer) =>
            void text(answer).then((body) =>
              resolve({ status: answer.statusCode, body, allow: answer.headers.allow }),
            ),
        )
        sent.on('error', reject)
        sent.end('q=nothing-like-it')
      },
    )
  }
  const here = () => test.url
  const elsewhere = 'https://evil.example'

  // Nothing is known of what is looked for: the answer of a form that was taken.
  const allowed: Record<string, () => Headers> = {
    'by a page of the console': () => ({ 'sec-fetch-site': 'same-origin', origin: here() }),
    'over plain HTTP, where the browser names only the origin': () => ({ origin: here() }),
    'through a proxy with TLS, which keeps the host': () => ({
      host: 'console.pub.example',
      origin: 'https://console.pub.example',
    }),
  }
  for (const [how, headers] of Object.entries(allowed))
    it(`is taken if it was sent ${how}`, async () => expect((await post(headers())).status).to.equal(404))

  const forged: Record<string, () => Headers> = {
    'by a page of another site': () => ({ 'sec-fetch-site': 'cross-site', origin: elsewhere }),
    'by a page of another site that lies about its origin': () => ({
      'sec-fetch-site': 'cross-site',
      origin: here(),
    }),
    'by another host of the same site': () => ({ 'sec-fetch-site': 'same-site', origin: here() }),
    'by nobody, as from a bookmark': () => ({ 'sec-fetch-site': 'none' }),
    'with an empty Sec-Fetch-Site': () => ({ 'sec-fetch-site': '', origin: here() }),
    'with two values of Sec-Fetch-Site': () => ({ 'sec-fetch-site': 'same-origin, cross-site' }),
    'by another host, without Sec-Fetch-Site': () => ({ origin: elsewhere }),
    'by another port, without Sec-Fetch-Site': () => ({ origin: 'http://127.0.0.1:1' }),
    'by a page without an origin, such as a frame in a sandbox': () => ({ origin: 'null' }),
    'without origin and Sec-Fetch-Site': () => ({}),
    'by a host whose name begins like ours': () => ({ origin: `${here()}.evil.example` }),
    'by a host that is named before ours': () => ({ origin: `${elsewhere}, ${here()}` }),
    'for no host, by a file': () => ({ host: '', origin: 'file:///' }),
  }
  for (const [how, headers] of Object.entries(forged))
    it(`is refused if it was sent ${how}`, async () => {
      const { status, body } = await post(headers())
      expect(status).to.equal(403)
      expect(body).to.include('This form was not sent by a page of this console, so nothing was done.')
    })

  const sameOrigin = { 'sec-fetch-site': 'same-origin' }
  for (const method of ['PUT', 'DELETE', 'PATCH'])
    it(`is not taken with the method ${method}`, async () => {
      expect((await post(sameOrigin, { method, path: '/audit' })).status).to.equal(405)
      expect((await post({}, { method, path: '/audit' })).status).to.equal(403)
    })

  it('is not taken by a page that has no form, nor read by GET from one that has', async () => {
    expect((await post(sameOrigin, { path: '/audit' })).status).to.equal(405)
    expect((await post({}, { method: 'GET', path: '/search?q=1' })).status).to.equal(405)
    expect((await post(sameOrigin, { path: '/nowhere' })).status).to.equal(404)
  })

  it('is known as a page: HEAD is answered like GET, without a body', async () => {
    for (const path of ['/', '/audit', '/style.css', '/script.js'])
      expect(await post({}, { method: 'HEAD', path }), path).to.include({ status: 200, body: '' })
  })
})

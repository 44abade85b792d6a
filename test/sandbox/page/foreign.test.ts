import { request } from 'node:http'
import { expect } from 'chai'
import { startCoreSimulator, type CoreSimulator } from '../../simulators/core.ts'
import { startListener } from '../../simulators/core/listener.ts'
import { useChromium } from '../../support/chromium.ts'
import { useRealSockets } from '../../support/real-sockets.ts'
import { createWire } from '../wire/wire.ts'
import { openPage } from './open-page.ts'
import { startPage } from './server.ts'

/** Whom the page answers: it has no password. */
describe("the sandbox's page, asked by others,", () => {
  useRealSockets()
  let core: CoreSimulator
  let served: Awaited<ReturnType<typeof startPage>>
  beforeEach(async () => {
    core = await startCoreSimulator()
    const world = {
      core,
      wire: createWire(),
      broker: undefined,
      waitingBills: new Set<string>(),
      url: core.url,
      console: { url: core.url, name: 'operator', password: '', line: '' },
    }
    served = await startPage(world)
  })
  afterEach(async () => {
    await served.close()
    await core.close()
  })

  /** As `fetch` cannot: with any Host. */
  const statusOf = (headers: Record<string, string>, method = 'POST') =>
    new Promise<number | undefined>((resolve, reject) => {
      const asked = request(new URL('switches', served.url), { method, headers }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
      asked.on('error', reject).end('core=silent')
    })

  it('answers its own page, and programs', async () => {
    expect(await statusOf({})).to.equal(303)
    expect(await statusOf({ origin: new URL(served.url).origin, 'sec-fetch-site': 'same-origin' })).to.equal(
      303,
    )
    expect(core.faults.pending()).to.deep.equal([{ kind: 'hang', times: Infinity }])
  })

  for (const [who, headers] of [
    ['a name that leads to 127.0.0.1', { host: 'rebound.example' }],
    ['a page of another site', { origin: 'https://other.example' }],
    ['a page of another port', { 'sec-fetch-site': 'same-site' }],
    ['a page without an origin', { origin: 'null' }],
  ] as const)
    it(`refuses ${who}, and does nothing`, async () => {
      expect(await statusOf(headers)).to.equal(403)
      expect(await statusOf(headers, 'GET')).to.equal(403)
      expect(core.faults.pending()).to.deep.equal([])
    })

  describe('in a browser,', () => {
    const browser = useChromium()

    it('refuses a form of another site', async () => {
      const form = `<form method="post" action="${served.url}switches"><button name="core" value="silent">Win</button></form>`
      const other = await startListener(0, (_, response) => {
        response.setHeader('Content-Type', 'text/html').end(form)
      })
      try {
        await using opened = await openPage(browser(), `http://localhost:${other.port}/`)
        const [answer] = await Promise.all([
          opened.page.waitForResponse((response) => response.url().endsWith('/switches')),
          opened.press('Win'),
        ])
        expect(answer.status()).to.equal(403)
        expect(core.faults.pending()).to.deep.equal([])
      } finally {
        await other.close()
      }
    })
  })
})

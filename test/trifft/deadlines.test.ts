import { expect } from 'chai'
import nock from 'nock'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { useRealSockets } from '../support/real-sockets.ts'
import { coreOrigin, coreParts, everyCall, exchangeWith, failureOf } from './setup.ts'

describe('the time that a core call may take', () => {
  const isTaking = (name: string) => ['redeemCoupon', 'takePoints'].includes(name)

  for (const { name, method, path, good, call } of everyCall) {
    const tooLittleMs = isTaking(name) ? 499 : 100
    const enoughMs = isTaking(name) ? 500 : 400

    it(`${name}: with ${tooLittleMs} ms left of the till's patience nothing is sent, with ${enoughMs} it is`, async () => {
      const { client, clock } = coreParts()
      const late = exchangeWith(clock, tooLittleMs)
      const reason = `${name}: not sent (too little time left)`
      expect(String(await failureOf(call(client, late)))).to.equal(`CoreUnavailable: ${reason}`)
      expect(late.facts.coreCalls).to.deep.equal([
        { operation: name, outcome: 'not_done', durationMs: 0, reason },
      ])

      nock(coreOrigin).intercept(path, method).reply(200, good)
      await call(client, exchangeWith(clock, enoughMs))
      await client.close()
    })
  }

  describe('ends', () => {
    useRealSockets()
    const core = http.createServer(() => undefined)
    before(async () => {
      core.listen(0, '127.0.0.1')
      await once(core, 'listening')
    })
    after(() => {
      core.closeAllConnections()
      core.close()
    })
    const baseUrl = () => `http://127.0.0.1:${(core.address() as AddressInfo).port}`

    for (const { name, method, call } of everyCall) {
      const limit = method === 'GET' ? 'CORE_BALANCE_DEADLINE_MS' : 'CORE_REDEMPTION_DEADLINE_MS'
      const other = method === 'GET' ? 'CORE_REDEMPTION_DEADLINE_MS' : 'CORE_BALANCE_DEADLINE_MS'

      const endsAfter = async (ms: number, patienceMs: number, env: Record<string, string>) => {
        const { client, clock } = coreParts({ CORE_BASE_URL: baseUrl(), ...env })
        const arrived = once(core, 'request')
        let isOver = false
        const failure = failureOf(call(client, exchangeWith(clock, patienceMs))).finally(
          () => (isOver = true),
        )
        await arrived
        await clock.pass(ms - 1)
        expect(isOver).to.equal(false)
        await clock.pass(1)
        expect(String(await failure)).to.equal(`CoreOutcomeUnknown: ${name}: no answer (deadline)`)
        await client.close()
      }

      it(`${name}: at ${limit}`, () => endsAfter(60, 60_000, { [limit]: '60', [other]: '60000' }))

      it(`${name}: before the till's patience does`, () => {
        const patienceMs = isTaking(name) ? 500 : 160
        return endsAfter(patienceMs - 100, patienceMs, { [limit]: '60000', [other]: '60000' })
      })
    }
  })
})

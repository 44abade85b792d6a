import { expect } from 'chai'
import nock from 'nock'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { CoreOutcomeUnknown, CoreUnavailable } from '../../src/core/errors.ts'
import { coreOrigin, coreParts, everyCall, exchangeWith, failureOf } from './setup.ts'

describe('the time that a core call may take', () => {
  const takings = ['redeemCoupon', 'takePoints']

  for (const { name, method, path, good, call } of everyCall) {
    const leastMs = takings.includes(name) ? 500 : 101

    it(`${name}: is sent with ${leastMs} ms left of the till's patience, and not with less`, async () => {
      const { client, clock } = coreParts()
      const late = exchangeWith(clock, leastMs - 1)
      const failure = await failureOf(call(client, late))
      expect(failure).to.be.instanceOf(CoreUnavailable)
      expect(failure).to.have.property('message', `${name}: not sent (too little time left)`)
      expect(late.facts.coreCalls).to.deep.equal([{ operation: name, outcome: 'not_done', durationMs: 0 }])

      // In time it is sent, be it that the deadline then comes before the answer.
      let isSent = false
      nock(coreOrigin)
        .intercept(path, method)
        .reply(() => {
          isSent = true
          return [200, good]
        })
      await call(client, exchangeWith(clock, leastMs)).catch(() => undefined)
      expect(isSent).to.equal(true)
      await client.close()
    })
  }

  describe('ends', () => {
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

      it(`${name}: at ${limit}`, async () => {
        const env = { CORE_BASE_URL: baseUrl(), [limit]: '60', [other]: '60000' }
        const { client, clock } = coreParts(env)
        expect(await failureOf(call(client, exchangeWith(clock, 60_000)))).to.be.instanceOf(
          CoreOutcomeUnknown,
        )
        await client.close()
      })

      it(`${name}: 100 ms before the till's patience does`, async () => {
        const env = { CORE_BASE_URL: baseUrl(), [limit]: '60000', [other]: '60000' }
        const { client, clock } = coreParts(env)
        expect(await failureOf(call(client, exchangeWith(clock, 510)))).to.be.instanceOf(CoreOutcomeUnknown)
        await client.close()
      })
    }
  })
})

import { expect } from 'chai'
import { mochaHooks } from './root-hooks.ts'
import nock from 'nock'

describe('the guard of the root hooks', () => {
  it('fails a test that made a call which no mock expected', async () => {
    nock('http://core.test').get('/known').reply(200)
    await fetch('http://core.test/known')
    await fetch('http://core.test/unknown').catch(() => undefined)
    expect(() => mochaHooks.afterEach()).to.throw('calls that no test expected')
  })

  it('fails a test that left an expected call unmade', () => {
    nock('http://core.test').get('/never').reply(200)
    expect(() => mochaHooks.afterEach()).to.throw('expected calls that were not made')
  })
})

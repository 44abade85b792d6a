import nock from 'nock'

/**
 * For suites whose core is a server on a real port. While nock is active every socket is its own, and a connection
 * that the core has closed is noticed only by the next call that uses it.
 */
export function useRealSockets() {
  before(() => nock.restore())
  after(() => {
    if (!nock.isActive()) nock.activate()
  })
}

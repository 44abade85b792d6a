import { expect } from 'chai'
import { createLogger } from '../../src/observability/logger.ts'

describe('loggers', () => {
  // Each had a timer that wrote nothing twenty times a second, for as long as the process lived.
  it('of one process write by one timer', () => {
    const { setInterval } = globalThis
    let timers = 0
    globalThis.setInterval = ((...given: Parameters<typeof setInterval>) => {
      timers += 1
      return setInterval(...given)
    }) as typeof setInterval
    try {
      for (const level of ['silent', 'info', 'silent']) createLogger(level)
    } finally {
      globalThis.setInterval = setInterval
    }
    expect(timers).to.be.at.most(1)
  })
})

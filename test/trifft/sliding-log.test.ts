import { expect } from 'chai'
import { createSlidingLog } from '../../src/trifft/budget/sliding-log.ts'

describe('a sliding log', () => {
  it('counts a call from its start until a window after its end', () => {
    const log = createSlidingLog(100)
    log.begin()
    expect(log.count(5_000), 'however long it takes').to.equal(1)
    log.end(5_000)
    expect(log.count(5_099)).to.equal(1)
    expect(log.count(5_100)).to.equal(0)
  })

  it('forgets a call at once if it is taken back', () => {
    const log = createSlidingLog(100)
    log.begin()
    log.undo()
    expect(log.count(1)).to.equal(0)
  })

  it('knows when there is room again, at the earliest if calls are still under way', () => {
    const log = createSlidingLog(100)
    for (let call = 0; call < 3; call++) log.begin()
    log.end(10)
    log.end(20)
    expect(log.earliestMs(3, 30)).to.equal(30)
    expect(log.earliestMs(2, 30)).to.equal(110)
    expect(log.earliestMs(1, 30)).to.equal(120)
    expect(log.earliestMs(0, 30)).to.equal(130)
  })

  it('continues from what another log has left', () => {
    const log = createSlidingLog(100, [40, 60])
    log.begin()
    expect(log.stopsMs(30)).to.deep.equal([40, 60, 130])
    expect(log.count(40)).to.equal(2)
  })
})

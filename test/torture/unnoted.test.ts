import { expect } from 'chai'
import { isUnnoted, type Blackout, type Mishaps } from './unnoted.ts'

describe('an OK that was heard after 1 s', () => {
  const ok = { redemptionId: 'r-1', replica: 0, askedAtMs: 0, heardAtMs: 1_000, isReplayed: false }
  const own = (fromMs: number, toMs: number): Blackout => ({ fromMs, toMs, isOwn: true })
  const ofAll = (fromMs: number, toMs: number): Blackout => ({ fromMs, toMs, isOwn: false })
  const after = (mishaps: Partial<Mishaps>) =>
    isUnnoted(ok, { killedAtMs: [], stoppedAtMs: [], blackouts: [], ...mishaps })

  it('may not be noted if its process was killed within a second', () => {
    expect(after({ killedAtMs: [1_900] })).to.equal(true)
    expect(after({ killedAtMs: [990] }), 'while it was on its way').to.equal(true)
  })

  it('is noted if its process was killed before, or later', () => {
    expect(after({})).to.equal(false)
    expect(after({ killedAtMs: [-10, 2_100] })).to.equal(false)
  })

  it('is noted by a process that stops by itself', () => {
    expect(after({ stoppedAtMs: [1_100] })).to.equal(false)
  })

  it('may not be noted if its process ended while it could not write', () => {
    expect(after({ blackouts: [ofAll(1_500, 6_000)], killedAtMs: [6_500] })).to.equal(true)
    expect(after({ blackouts: [ofAll(1_500, 6_000)], stoppedAtMs: [6_500] })).to.equal(true)
    expect(after({ blackouts: [ofAll(1_500, 6_000), own(6_500, 7_000)], killedAtMs: [7_900] })).to.equal(true)
    expect(after({ blackouts: [ofAll(1_500, 6_000)], killedAtMs: [7_100] })).to.equal(false)
    expect(after({ blackouts: [ofAll(2_100, 6_000)], killedAtMs: [5_000] })).to.equal(false)
  })

  it('may not be noted in time if its process alone could not write for ten seconds', () => {
    expect(after({ blackouts: [own(1_200, 12_000)] })).to.equal(true)
    expect(after({ blackouts: [own(1_200, Infinity)] }), 'it lasts').to.equal(true)
    expect(after({ blackouts: [own(1_200, 8_000)] })).to.equal(false)
    expect(after({ blackouts: [own(2_100, 60_000)] })).to.equal(false)
  })

  it('is noted in time after an outage of the database, however long that was', () => {
    expect(after({ blackouts: [ofAll(1_200, 60_000)] })).to.equal(false)
  })
})

import { expect } from 'chai'
import { countDoubts } from '../../../src/console/overview/doubts.ts'
import type { DiaryEntry } from '../../../src/diary/entry.ts'
import { quarterMs } from '../../../src/diary/look-ups.ts'
import type { RedemptionRecord } from '../../../src/redemptions/record.ts'
import { debitEntry } from '../../diary/entries.ts'

const beginMs = Date.UTC(2026, 10, 23, 12)
const starts = [0, 1, 2, 3].map((quarter) => beginMs + quarter * quarterMs)
const at = (quarters: number) => beginMs + quarters * quarterMs

const tried = (id: string, quarters: number, state: string): DiaryEntry =>
  debitEntry(id, at(quarters), { message: 'undo', redemptionId: id, facts: { state } as DiaryEntry['facts'] })
const record = (id: string, state: string, more: object = {}) =>
  ({ id, state, createdAtMs: at(0), ...more }) as RedemptionRecord
const count = (undos: DiaryEntry[], records: RedemptionRecord[] = []) =>
  countDoubts(undos, records, starts).map(({ inDoubt, stuck }) => [inDoubt, stuck])

describe('redemptions in doubt, by quarters of an hour,', () => {
  it('are none if nothing was tried and nothing is open', () => {
    expect(count([])).to.deep.equal([[0, 0], [0, 0], [0, 0], [0, 0]]) // prettier-ignore
  })

  it('are in doubt from the first try to the one that settles them, in whatever order they are read', () => {
    const undos = [tried('a', 0.5, 'in_doubt'), tried('a', 1.5, 'in_doubt'), tried('a', 2.5, 'reversed')]
    for (const order of [undos, undos.toReversed()])
      expect(count(order)).to.deep.equal([[1, 0], [1, 0], [1, 0], [0, 0]]) // prettier-ignore
  })

  it('are in doubt for two seconds before their only try', () => {
    expect(count([tried('a', 1, 'reversed')])).to.deep.equal([[1, 0], [0, 0], [0, 0], [0, 0]]) // prettier-ignore
  })

  it('are stuck from the try that was the last, until now if they still are', () => {
    const undos = [tried('a', 0.5, 'in_doubt'), tried('a', 1.5, 'stuck')]
    expect(count(undos, [record('a', 'stuck')])).to.deep.equal([[1, 0], [1, 1], [0, 1], [0, 1]]) // prettier-ignore
  })

  it('are stuck until an operator has settled them', () => {
    const undos = [tried('a', 0.5, 'stuck')]
    const settled = record('a', 'reversed', { settled: { atMs: at(1.5) } })
    expect(count(undos, [settled])).to.deep.equal([[1, 1], [0, 1], [0, 0], [0, 0]]) // prettier-ignore
  })

  it('end with their last try if the journal does not know them any more', () => {
    expect(count([tried('a', 1.5, 'in_doubt')])).to.deep.equal([[0, 0], [1, 0], [0, 0], [0, 0]]) // prettier-ignore
  })

  it('are in doubt again after an operator has tried again', () => {
    const undos = [tried('a', 0.5, 'stuck'), tried('a', 2.5, 'in_doubt')]
    expect(count(undos, [record('a', 'in_doubt')])).to.deep.equal([[1, 1], [0, 1], [1, 1], [1, 0]]) // prettier-ignore
  })

  it('count from when they were in doubt if nothing was tried in the time that is shown', () => {
    const records = [
      record('a', 'stuck', { undo: { sinceMs: at(-9) } }),
      record('b', 'in_doubt', { undo: { sinceMs: at(2.5) } }),
      record('c', 'confirmed', { undo: { sinceMs: at(3.5) } }),
      record('d', 'confirmed'),
    ]
    expect(count([], records)).to.deep.equal([[0, 1], [0, 1], [1, 1], [2, 1]]) // prettier-ignore
  })

  it('are each counted once', () => {
    const undos = ['a', 'b'].flatMap((id) => [tried(id, 0.2, 'in_doubt'), tried(id, 0.4, 'in_doubt')])
    const records = [record('a', 'in_doubt'), record('b', 'in_doubt')]
    expect(count(undos, records)[0]).to.deep.equal([2, 0])
  })
})

import { expect } from 'chai'
import type { DiaryEntry } from '../../src/diary/entry.ts'
import { codes } from '../../src/model/refusal.ts'
import type { RedemptionRecord } from '../../src/redemptions/record.ts'
import { redemptionStates } from '../../src/redemptions/redemption.ts'
import { tellCall } from '../../src/timeline/core-words.ts'
import { tellEntry, tellState } from '../../src/timeline/words.ts'
import { catalogue } from '../../src/zonal/catalogue.ts'
import { debitEntry } from '../diary/entries.ts'

const entry = (more: Partial<DiaryEntry>) => debitEntry('5001', Date.UTC(2026, 10, 23, 20), more)
const tell = (more: Partial<DiaryEntry>) => {
  const { title, details } = tellEntry(entry(more), 'en')
  return [title, ...details].join('\n')
}

describe('what is told of a message', () => {
  for (const code of codes)
    it(`is the text that the operator saw, and what to do: ${code}`, () => {
      const { text, action } = catalogue.en[code]
      expect(tell({ code })).to.contain(`The operator saw "${text}" (${code}).`).and.to.contain(action)
    })

  it('is what a till that hung up would have heard', () => {
    const text = tell({ code: 'HUNG_UP', facts: { unheardCode: 'OK', durationMs: 2600 } })
    expect(text).to.contain('The till hung up after 2.6 s. It would have heard OK.')
  })

  it('is the field of an invalid message, and why', () => {
    const text = tell({ code: 'MESSAGE_INVALID', facts: { field: 'total', reason: 'is missing' } })
    expect(text).to.contain('The operator saw "total is missing" (MESSAGE_INVALID).')
  })

  it('is which kind of busy it was', () => {
    const why = (reason: string) => /^Why: (.+)$/m.exec(tell({ code: 'CORE_BUSY', facts: { reason } }))?.[1]
    expect(
      new Set(
        ['no_slot', 'blocked', 'quiet_after_kill', 'journal_away'].map((kind) => why(`not sent (${kind})`)),
      ).size,
    ).to.equal(4)
    expect(why('not sent (blocked)')).to.contain('429')
  })

  it('is a credit, a repeat, a ticket without a card, and where Kafka has it', () => {
    expect(tell({ message: 'credit', redemptionId: 'R', facts: { points: 200, isReplayed: true } }))
      .to.contain('The till asked to give 200 points back to card *1001, redemption R')
      .and.to.contain('It was a repeat')
    expect(tell({ message: 'ticket', ticketId: 'B-1', cardMasked: undefined })).to.contain(
      'ticket B-1, without a card.',
    )
    const facts = { topic: 'tickets', partition: 2, offset: '17' }
    expect(tell({ message: 'published', facts })).to.contain('topic tickets, partition 2, offset 17')
  })
})

describe('what is told of a call to TRIFFT', () => {
  const call = { operation: 'takePoints', durationMs: 12 }

  it('says what it was about, how it ended, and why', () => {
    const told = [
      { ...call, outcome: 'done', status: 200 },
      { ...call, outcome: 'refused', status: 402, reason: 'takePoints: 402 NotEnough', eventId: 'E-1' },
      { ...call, outcome: 'not_done', reason: 'not sent (no_slot)' },
      { ...call, outcome: 'not_done', status: 401, reason: 'takePoints: 401' },
      { ...call, outcome: 'unknown', durationMs: 2000, reason: 'takePoints: no answer (deadline)' },
    ].map(tellCall)
    expect(told).to.deep.equal([
      'TRIFFT was asked to take the points: done after 12 ms.',
      "TRIFFT was asked to take the points: refused after 12 ms: 402 NotEnough (TRIFFT's event E-1).",
      'TRIFFT was not asked to take the points: other calls had used up what TRIFFT allows in ten seconds.',
      'TRIFFT was asked to take the points: refused after 12 ms, so nothing was done: 401.',
      'TRIFFT was asked to take the points: no answer that can be read after 2.0 s, so it may have been done: no answer (deadline).',
    ])
  })
})

describe('what is told of a redemption', () => {
  const record = {
    ...{
      id: 'R',
      what: { kind: 'points', points: 200 },
      cardMasked: '*1001',
      venue: 'v',
      venueId: '1902',
      account: '5001',
    },
    ...{
      attempt: 1,
      createdAtMs: 0,
      sentAtMs: 0,
      confirmedAtMs: 0,
      answeredAtMs: 0,
      call: undefined,
      undo: undefined,
    },
    ...{ traceId: undefined, rewardName: undefined, refusedWith: undefined, settled: undefined },
  } satisfies Omit<RedemptionRecord, 'state'>

  it('is a sentence of its own for each state', () => {
    const told = redemptionStates.map((state) => tellState({ ...record, state }, 'en'))
    for (const text of told) expect(text).to.match(/^Redemption R: 200 points (is|was|may be) .+\.$/)
    expect(new Set(told).size).to.equal(redemptionStates.length)
  })

  it("is an operator's decision, if there is one", () => {
    const settled = { by: 'Dana', why: 'she had it', atMs: 0 }
    for (const [state, said] of [
      ['confirmed', 'is taken: an operator has decided so.'],
      ['reversed', 'is not taken: an operator has decided so.'],
    ] as const)
      expect(tellState({ ...record, state, settled }, 'en')).to.contain(said)
  })
})

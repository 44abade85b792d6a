import type { Redemption, UndoOutcome } from '../../src/redemptions/redemption.ts'
import { expect } from 'chai'
import { afterDebit, afterUndo } from '../../src/redemptions/transitions.ts'
import { confirmed, redemption } from '../support/redemption.ts'

const nowMs = 1_000_000_000
const dayMs = 86_400_000

/** In doubt for five seconds, and its first undo has its answer. */
const row = (more: Partial<Redemption>) =>
  redemption({
    state: 'in_doubt',
    sentAtMs: nowMs - 5_000,
    isDue: true,
    undoBy: 'doubt',
    undoCalls: 1,
    undoSinceMs: nowMs - 5_000,
    ...more,
  })

const done: UndoOutcome = { kind: 'given_back', moved: {} }
const refused: UndoOutcome = { kind: 'refused', code: 'MEMBER_BLOCKED' }

describe('after the call of a debit', () => {
  const cases = [
    ['confirmed', confirmed(), undefined, 'confirmed', 10_000],
    ['confirmed, but asked back meanwhile', confirmed(), 'till', 'in_doubt', 0],
    ['refused', { kind: 'refused', code: 'REFUSED' }, undefined, 'refused', null],
    ['not done', { kind: 'not_done' }, 'till', 'not_done', null],
    ['unknown', { kind: 'unknown' }, undefined, 'in_doubt', 2_000],
  ] as const
  for (const [what, outcome, undoBy, state, dueInMs] of cases)
    it(`${what}: ${state}`, () => {
      const dueAtMs = dueInMs === null ? null : nowMs + dueInMs
      const isFinal = dueInMs === null
      expect(afterDebit(row({ state: 'sent', undoBy }), outcome, nowMs)).to.deep.equal({
        state,
        dueAtMs,
        isFinal,
      })
    })
})

describe('after a call that gives back', () => {
  const credit = { state: 'confirmed', undoBy: 'till', isAnswered: true } as const
  const unseen = { undoBy: 'till', wasSent: false, sentAtMs: 0 } as const
  const cases: [
    what: string,
    row: Partial<Redemption>,
    outcome: UndoOutcome,
    state: string,
    dueInMs: number | null,
  ][] = [
    ['a doubt is undone', {}, done, 'reversed', null],
    ['a credit is done', credit, done, 'credited', null],
    ['a debit never seen is given back', unseen, done, 'reversed', null],
    [
      'nothing was taken yet: asked once more when a lost call must have come',
      {},
      { kind: 'nothing' },
      'in_doubt',
      55_000,
    ],
    [
      'nothing was taken, a minute later',
      { sentAtMs: nowMs - 60_000 },
      { kind: 'nothing' },
      'reversed',
      null,
    ],
    ['nothing is known of a debit never seen', unseen, { kind: 'nothing' }, 'reversed', null],
    ['a credit is refused: all is as it was', credit, refused, 'confirmed', null],
    ['a credit was not done: all is as it was', credit, { kind: 'not_done' }, 'confirmed', null],
    // A till gave up before its OK; the operator's credit then failed, and the reward stayed taken for ever.
    [
      'a credit was not done of a debit whose OK never left',
      { ...credit, isAnswered: false },
      { kind: 'not_done' },
      'confirmed',
      10_000,
    ],
    ['a debit never seen is refused', unseen, refused, 'not_done', null],
    ['a credit without an answer is repeated', credit, { kind: 'unknown' }, 'confirmed', 2_000],
    [
      'its repeat without an answer too',
      { ...credit, undoCalls: 2 },
      { kind: 'unknown' },
      'confirmed',
      4_000,
    ],
    [
      'its repeat is refused: the till was told that it will come',
      { ...credit, undoCalls: 2 },
      refused,
      'confirmed',
      4_000,
    ],
    ['a doubt without an answer', { undoCalls: 4 }, { kind: 'unknown' }, 'in_doubt', 16_000],
    ['a doubt whose undo never left', {}, { kind: 'not_done' }, 'in_doubt', 2_000],
    [
      'a doubt after many calls: at most five minutes',
      { undoCalls: 20 },
      { kind: 'unknown' },
      'in_doubt',
      300_000,
    ],
    ['a doubt refused for the fifth time', { undoTries: 4 }, refused, 'in_doubt', 2_000],
    ['a doubt refused for the sixth time', { undoTries: 5 }, refused, 'stuck', null],
    [
      'a credit refused for the sixth time',
      { ...credit, undoCalls: 10, undoTries: 5 },
      refused,
      'stuck',
      null,
    ],
    ['a doubt of a day', { undoSinceMs: nowMs - dayMs }, { kind: 'unknown' }, 'stuck', null],
    ['a doubt of almost a day', { undoSinceMs: nowMs - dayMs + 1 }, { kind: 'unknown' }, 'in_doubt', 2_000],
    ['a doubt of a day that is undone after all', { undoSinceMs: nowMs - dayMs }, done, 'reversed', null],
    ['a doubt whose seal is broken', {}, { kind: 'seal_broken' }, 'stuck', null],
    [
      'a credit whose seal is broken when it is repeated',
      { ...credit, undoCalls: 2 },
      { kind: 'seal_broken' },
      'stuck',
      null,
    ],
  ]
  for (const [what, before, outcome, state, dueInMs] of cases)
    it(`${what}: ${state}`, () => {
      const next = afterUndo(row(before), outcome, nowMs, 1)
      expect(next.state).to.equal(state)
      expect(next.dueAtMs).to.equal(dueInMs === null ? null : nowMs + dueInMs)
      expect(next.isFinal, 'what an operator decides keeps its seal').to.equal(
        dueInMs === null && state !== 'stuck',
      )
    })

  it('comes back after half its backoff at the earliest', () => {
    const soonest = afterUndo(row({}), { kind: 'unknown' }, nowMs, 0)
    expect(soonest.dueAtMs).to.equal(nowMs + 1_000)
  })
})

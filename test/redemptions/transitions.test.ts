import { expect } from 'chai'
import type { Redemption, UndoOutcome } from '../../src/redemptions/redemption.ts'
import { next } from '../../src/redemptions/transitions.ts'
import { confirmed, redemption, undo } from '../support/redemption.ts'

const nowMs = 1_000_000_000
const dayMs = 86_400_000

/** In doubt for five seconds, and its first undo was answered. */
const row = (more: Partial<Redemption>) =>
  redemption({
    state: 'in_doubt',
    sentAtMs: nowMs - 5_000,
    dueAtMs: nowMs + 3_500,
    undo: undo('doubt', { calls: 1, sinceMs: nowMs - 5_000 }),
    ...more,
  })
const doubt = (more: Parameters<typeof undo>[1]) =>
  undo('doubt', { calls: 1, sinceMs: nowMs - 5_000, ...more })

const done: UndoOutcome = { kind: 'given_back', moved: {} }
const refused: UndoOutcome = { kind: 'refused', code: 'MEMBER_BLOCKED' }

describe('after the call of a debit', () => {
  const cases = [
    ['confirmed', confirmed(), undefined, 'confirmed', 10_000],
    ['confirmed, but its undo was requested meanwhile', confirmed(), 'till', 'in_doubt', 0],
    ['refused', { kind: 'refused', code: 'REFUSED' }, undefined, 'refused', null],
    ['not done', { kind: 'not_done' }, 'till', 'not_done', null],
    ['unknown', { kind: 'unknown' }, undefined, 'in_doubt', 2_000],
  ] as const
  for (const [what, outcome, by, state, dueInMs] of cases)
    it(`${what} → ${state}`, () => {
      const before = row({ state: 'sent', undo: by && undo(by) })
      const change = next(before, { kind: 'debit_outcome', outcome, callId: 'call-1' }, nowMs)
      expect(change).to.include({ state, dueAtMs: dueInMs === null ? undefined : nowMs + dueInMs })
      expect(change?.secret, 'the seal is erased with the last call').to.equal(
        dueInMs === null ? null : undefined,
      )
    })
})

describe('after a call that gives back', () => {
  const credit = {
    state: 'confirmed',
    answeredAtMs: 1,
    undo: undo('till', { calls: 1, sinceMs: nowMs - 5_000 }),
  } as const
  const unseen = { undo: undo('till', { calls: 1, sinceMs: nowMs - 5_000 }), sentAtMs: undefined } as const
  const repeated = (more: Parameters<typeof undo>[1]) => ({ ...credit, undo: { ...credit.undo, ...more } })
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
      'nothing was taken yet: asked again once a lost call must have arrived',
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
    ['the core knows nothing of a debit never seen', unseen, { kind: 'nothing' }, 'reversed', null],
    ['a credit is refused: all is as it was', credit, refused, 'confirmed', null],
    ['a credit was not done: all is as it was', credit, { kind: 'not_done' }, 'confirmed', null],
    // A till gave up before its OK, the operator's credit then failed, and the reward stayed taken for ever.
    [
      'a credit of a debit whose OK never left was not done',
      { ...credit, answeredAtMs: undefined },
      { kind: 'not_done' },
      'confirmed',
      10_000,
    ],
    ['a debit never seen is refused', unseen, refused, 'not_done', null],
    ['a credit without an answer is repeated', credit, { kind: 'unknown' }, 'confirmed', 2_000],
    ['its repeat without an answer too', repeated({ calls: 2 }), { kind: 'unknown' }, 'confirmed', 4_000],
    [
      'its repeat is refused: the till has heard that it will be given back',
      repeated({ calls: 2 }),
      refused,
      'confirmed',
      4_000,
    ],
    ['a doubt without an answer', { undo: doubt({ calls: 4 }) }, { kind: 'unknown' }, 'in_doubt', 16_000],
    ['a doubt whose undo never left', {}, { kind: 'not_done' }, 'in_doubt', 2_000],
    [
      'a doubt after many calls: at most five minutes',
      { undo: doubt({ calls: 20 }) },
      { kind: 'unknown' },
      'in_doubt',
      300_000,
    ],
    ['a doubt refused for the fifth time', { undo: doubt({ refusals: 4 }) }, refused, 'in_doubt', 2_000],
    ['a doubt refused for the sixth time', { undo: doubt({ refusals: 5 }) }, refused, 'stuck', null],
    ['a credit refused for the sixth time', repeated({ calls: 10, refusals: 5 }), refused, 'stuck', null],
    ['a doubt of a day', { undo: doubt({ sinceMs: nowMs - dayMs }) }, { kind: 'unknown' }, 'stuck', null],
    [
      'a doubt of almost a day',
      { undo: doubt({ sinceMs: nowMs - dayMs + 1 }) },
      { kind: 'unknown' },
      'in_doubt',
      2_000,
    ],
    [
      'a doubt of a day that is undone after all',
      { undo: doubt({ sinceMs: nowMs - dayMs }) },
      done,
      'reversed',
      null,
    ],
    ['a doubt whose seal is broken', {}, { kind: 'seal_broken' }, 'stuck', null],
    [
      'a credit whose seal is broken when it is repeated',
      repeated({ calls: 2 }),
      { kind: 'seal_broken' },
      'stuck',
      null,
    ],
  ]
  for (const [what, before, outcome, state, dueInMs] of cases)
    it(`${what} → ${state}`, () => {
      const change = next(row(before), { kind: 'undo_outcome', outcome, callId: 'call-1', jitter: 1 }, nowMs)
      expect(change).to.include({ state, dueAtMs: dueInMs === null ? undefined : nowMs + dueInMs })
      expect(change?.secret, 'a stuck row keeps its seal').to.equal(
        dueInMs === null && state !== 'stuck' ? null : undefined,
      )
    })

  it('is repeated after half its backoff at the earliest', () => {
    const event = { kind: 'undo_outcome', outcome: { kind: 'unknown' }, callId: 'call-1', jitter: 0 } as const
    expect(next(row({}), event, nowMs)?.dueAtMs).to.equal(nowMs + 1_000)
  })
})

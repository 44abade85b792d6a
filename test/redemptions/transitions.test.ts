import { expect } from 'chai'
import type { Redemption, UndoOutcome } from '../../src/redemptions/redemption.ts'
import { transition } from '../../src/redemptions/transitions.ts'
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

describe('after the call of a debit,', () => {
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
      const change = transition(before, { kind: 'debit_outcome', outcome, callId: 'call-1' }, nowMs)
      expect(change).to.include({ state, dueAtMs: dueInMs === null ? undefined : nowMs + dueInMs })
      expect(change?.secret, 'the seal is erased with the last call').to.equal(
        dueInMs === null ? null : undefined,
      )
    })
})

describe('after a call that gives back,', () => {
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
    ['a debit in doubt is undone', {}, done, 'reversed', null],
    ['a credit is done', credit, done, 'credited', null],
    ['a debit that never came is given back', unseen, done, 'reversed', null],
    [
      'nothing was taken so far: asked again once a lost call must have arrived',
      {},
      { kind: 'nothing' },
      'in_doubt',
      55_000,
    ],
    [
      'nothing was taken, after a minute',
      { sentAtMs: nowMs - 60_000 },
      { kind: 'nothing' },
      'reversed',
      null,
    ],
    ['the core has nothing of a debit that never came', unseen, { kind: 'nothing' }, 'reversed', null],
    ['a credit is refused: its debit stands as before', credit, refused, 'confirmed', null],
    ['a credit was not done: its debit stands as before', credit, { kind: 'not_done' }, 'confirmed', null],
    // A till gave up before its OK, the operator's credit then failed, and the reward was never given back.
    [
      'a credit of a debit whose OK never left was not done',
      { ...credit, answeredAtMs: undefined },
      { kind: 'not_done' },
      'confirmed',
      10_000,
    ],
    ['a debit that never came is refused', unseen, refused, 'not_done', null],
    ['a credit without an answer is repeated', credit, { kind: 'unknown' }, 'confirmed', 2_000],
    [
      'a second credit call without an answer is repeated',
      repeated({ calls: 2 }),
      { kind: 'unknown' },
      'confirmed',
      4_000,
    ],
    [
      'a second credit call is refused, but the till has heard that it will be given back',
      repeated({ calls: 2 }),
      refused,
      'confirmed',
      4_000,
    ],
    ['an undo without an answer', { undo: doubt({ calls: 4 }) }, { kind: 'unknown' }, 'in_doubt', 16_000],
    ['an undo that never left', {}, { kind: 'not_done' }, 'in_doubt', 2_000],
    [
      'an undo without an answer after many calls: repeated within five minutes',
      { undo: doubt({ calls: 20 }) },
      { kind: 'unknown' },
      'in_doubt',
      300_000,
    ],
    ['an undo is refused for the fifth time', { undo: doubt({ refusals: 4 }) }, refused, 'in_doubt', 2_000],
    ['an undo is refused for the sixth time', { undo: doubt({ refusals: 5 }) }, refused, 'stuck', null],
    ['a credit is refused for the sixth time', repeated({ calls: 10, refusals: 5 }), refused, 'stuck', null],
    [
      'an undo without an answer for a day',
      { undo: doubt({ sinceMs: nowMs - dayMs }) },
      { kind: 'unknown' },
      'stuck',
      null,
    ],
    [
      'an undo without an answer for almost a day',
      { undo: doubt({ sinceMs: nowMs - dayMs + 1 }) },
      { kind: 'unknown' },
      'in_doubt',
      2_000,
    ],
    ['an undo that is done after a day', { undo: doubt({ sinceMs: nowMs - dayMs }) }, done, 'reversed', null],
    ['an undo whose seal is broken', {}, { kind: 'seal_broken' }, 'stuck', null],
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
      const change = transition(
        row(before),
        { kind: 'undo_outcome', outcome, callId: 'call-1', jitter: 1 },
        nowMs,
      )
      expect(change).to.include({ state, dueAtMs: dueInMs === null ? undefined : nowMs + dueInMs })
      expect(change?.secret, 'a stuck row keeps its seal').to.equal(
        dueInMs === null && state !== 'stuck' ? null : undefined,
      )
    })

  it('the next follows after half the backoff at the earliest', () => {
    const event = { kind: 'undo_outcome', outcome: { kind: 'unknown' }, callId: 'call-1', jitter: 0 } as const
    expect(transition(row({}), event, nowMs)?.dueAtMs).to.equal(nowMs + 1_000)
  })
})

import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import {
  redemptionStates,
  type DebitOutcome,
  type Redemption,
  type UndoOutcome,
} from '../../src/redemptions/redemption.ts'
import { transition, type RedemptionEvent } from '../../src/redemptions/transitions.ts'
import { confirmed, couponDebit, redemption, undo } from '../support/redemption.ts'

const nowMs = 1_000_000_000
const call = { id: 'call-2', untilMs: nowMs + 3_500 }
const callId = 'call-1'
const intent = couponDebit
const { secret } = intent

const requested = (by: 'till' | 'doubt', calls = 1) => undo(by, { calls, sinceMs: nowMs - 120_000 })

/** Every state, with the variants that behave differently. Every row that can be due is due. */
const rows: Record<string, Partial<Redemption>> = {
  sent: { state: 'sent', dueAtMs: nowMs },
  not_done: { state: 'not_done' },
  'not_done, only its credit has come': { state: 'not_done', sentAtMs: undefined },
  refused: { state: 'refused' },
  'confirmed, its OK has not left': { state: 'confirmed', dueAtMs: nowMs },
  confirmed: { state: 'confirmed', answeredAtMs: 1 },
  'confirmed, a credit is under way': {
    state: 'confirmed',
    answeredAtMs: 1,
    dueAtMs: nowMs,
    undo: requested('till'),
  },
  credited: { state: 'credited', undo: requested('till') },
  in_doubt: { state: 'in_doubt', dueAtMs: nowMs, undo: requested('doubt') },
  'in_doubt, only its credit has come': {
    state: 'in_doubt',
    sentAtMs: undefined,
    dueAtMs: nowMs,
    undo: requested('till'),
  },
  reversed: { state: 'reversed', undo: requested('doubt') },
  'reversed, given back by the core': { state: 'reversed', givenBack: {}, undo: requested('doubt') },
  stuck: { state: 'stuck', undo: requested('doubt', 9) },
}

const debit = (outcome: DebitOutcome): RedemptionEvent => ({ kind: 'debit_outcome', outcome, callId })
const undone = (outcome: UndoOutcome): RedemptionEvent => ({
  kind: 'undo_outcome',
  outcome,
  callId,
  jitter: 1,
})
const settled = (as: 'reversed' | 'taken'): RedemptionEvent => ({
  kind: 'settled_by_operator',
  decision: { as, by: 'Dana', why: 'seen' },
})

// prettier-ignore
const events: [what: string, event: RedemptionEvent, states: string][] = [
  //                                                      sent     not_done no_debit refused unheard confirmed crediting credited in_doubt unseen   reversed given_back stuck
  ['it is sent again', { kind: 'sent', intent, attempt: 1, call },
                                                         '-         sent     sent     -       -         -         -         -        -        -        -        -        -'],
  ['its call took it', debit(confirmed()),               'confirmed -        -        -       -         -         -         -        in_doubt in_doubt in_doubt -        in_doubt'],
  ['its call was refused', debit({ kind: 'refused', code: 'REFUSED' }),
                                                         'refused   -        -        -       -         -         -         -        -        -        -        -        -'],
  ['its call was not done', debit({ kind: 'not_done' }), 'not_done  -        -        -       -         -         -         -        -        -        -        -        -'],
  ['its call was lost', debit({ kind: 'unknown' }),      'in_doubt  -        -        -       -         -         -         -        -        -        -        -        -'],
  ['its OK has left', { kind: 'answered' },              '-         -        -        -       confirmed confirmed same      -        -        -        -        -        -'],
  ['its OK is sent again', { kind: 'replayed' },         '-         -        -        -       same      -         same      -        -        -        -        -        -'],
  ['a credit cannot wait', { kind: 'undo_requested', creditKey: 'C-1' },
                                                         'same      -        -        -       -         -         -         -        -        -        -        -        -'],
  ['a credit calls', { kind: 'credit_sent', creditKey: 'C-1', secret, call },
                                                         'in_doubt  -        in_doubt -       confirmed confirmed confirmed -        in_doubt in_doubt -        -        in_doubt'],
  ['it is due', { kind: 'due', isTakenLater: false, call },
                                                         'in_doubt  -        -        -       in_doubt  -         confirmed -        in_doubt in_doubt -        -        -'],
  ['it was given back', undone({ kind: 'given_back', moved: {} }),
                                                         '-         -        -        -       credited  credited  credited  -        reversed reversed reversed -        reversed'],
  ['there is nothing to give back', undone({ kind: 'nothing' }),  '-         -        -        -       -         -         confirmed -        reversed reversed -        -        reversed'],
  ['giving back is refused', undone({ kind: 'refused', code: 'REFUSED' }),
                                                         '-         -        -        -       -         -         confirmed -        in_doubt not_done -        -        -'],
  ['giving back was not done', undone({ kind: 'not_done' }),
                                                         '-         -        -        -       -         -         confirmed -        in_doubt not_done -        -        -'],
  ['giving back was lost', undone({ kind: 'unknown' }),  '-         -        -        -       -         -         confirmed -        in_doubt in_doubt -        -        -'],
  ['its seal is broken', undone({ kind: 'seal_broken' }), '-        -        -        -       -         -         stuck     -        stuck    stuck    -        -        -'],
  ['an operator retries it', { kind: 'retried_by_operator' },
                                                         '-         -        -        -       -         -         -         -        -        -        -        -        in_doubt'],
  ['an operator calls it given back', settled('reversed'),
                                                         '-         -        -        -       -         -         -         -        reversed reversed -        -        reversed'],
  ['an operator calls it taken', settled('taken'),       '-         -        -        -       -         -         -         -        confirmed confirmed -       -        confirmed'],
  ['it goes out with a ticket', { kind: 'claimed', ticketKey: 'B-1', isNamed: true },
                                                         '-         -        -        -       same      same      same      -        -        -        -        -        -'],
  ['its ticket is void', { kind: 'released', ticketKey: 'B-0' },
                                                         '-         -        -        -       -         -         -         -        -        -        -        -        -'],
]

describe('a redemption', () => {
  for (const [what, event, expected] of events)
    describe(`when ${what},`, () => {
      for (const [index, [name, more]] of Object.entries(rows).entries()) {
        const state = expected.trim().split(/\s+/)[index]
        it(`while it is ${name}: ${state === '-' ? 'nothing changes' : state === 'same' ? 'its state stays' : state}`, () => {
          const change = transition(redemption({ sentAtMs: nowMs - 120_000, ...more }), event, nowMs)
          expect(change === undefined ? '-' : (change.state ?? 'same')).to.equal(state)
        })
      }
    })

  it('is tested in every state', () => {
    expect(new Set(Object.values(rows).map(({ state }) => state))).to.deep.equal(new Set(redemptionStates))
  })

  it('is free for another ticket once its own is void', () => {
    const out = redemption({ state: 'confirmed', ticketKey: 'B-1', isNamedByTicket: true })
    expect(transition(out, { kind: 'released', ticketKey: 'B-1' }, nowMs)).to.deep.equal({
      ticketKey: undefined,
      isNamedByTicket: false,
    })
  })

  // A debit was given up and undone by another process while its call was on its way. When the call succeeds late, the
  // debit must not stand. If it was not given back yet that happens now, although its seal was erased.
  it('that was reversed is in doubt again if its call succeeds late, unless the core gave it back', () => {
    const late = debit(confirmed({ pointsLeft: 5 }))
    expect(transition(redemption({ ...rows.reversed }), late, nowMs)).to.deep.include({
      state: 'in_doubt',
      dueAtMs: nowMs,
      secret,
      moved: { pointsLeft: 5 },
      undo: { ...requested('doubt'), last: undefined },
    })
    expect(transition(redemption({ ...rows['reversed, given back by the core'] }), late, nowMs)).to.equal(
      undefined,
    )
  })

  // Two replicas: the process of the first call was taken for dead, and another has sent a call since.
  it('ignores the outcome of a call that is no longer its own, unless it was given back', () => {
    const later = { call: { id: 'call-9', untilMs: nowMs + 1 } }
    for (const outcome of [{ kind: 'nothing' }, { kind: 'unknown' }, { kind: 'not_done' }] as const)
      expect(transition(redemption({ ...rows.in_doubt, ...later }), undone(outcome), nowMs)).to.equal(
        undefined,
      )
    const late = undone({ kind: 'given_back', moved: {} })
    expect(transition(redemption({ ...rows.in_doubt, ...later }), late, nowMs)).to.include({
      state: 'reversed',
    })
    for (const outcome of [confirmed(), { kind: 'unknown' }] as const)
      expect(transition(redemption({ ...rows.sent, ...later }), debit(outcome), nowMs)).to.equal(undefined)
  })

  // The core had answered "nothing to give back" before the lost call took. That answer must not settle it, nor be given
  // again to the next call by its Idempotency-Key.
  it('needs a new call to be given back if it was taken while one was under way', () => {
    const before = redemption({ ...rows.in_doubt, call: { id: 'call-9', untilMs: nowMs + 1 }, undoNumber: 3 })
    const change = transition(before, debit(confirmed()), nowMs)
    expect(change).to.include({ state: 'in_doubt', dueAtMs: nowMs, call: undefined, undoNumber: 4 })
    const after = { ...before, ...change, secret: undefined } as Redemption
    const event = { kind: 'undo_outcome', outcome: { kind: 'nothing' }, callId: 'call-9', jitter: 1 } as const
    expect(transition(after, event, nowMs)).to.equal(undefined)
  })

  it('is not due while its call may be under way, whoever has sent it', () => {
    const row = redemption({ ...rows.in_doubt, call: { id: 'call-9', untilMs: nowMs + 1 } })
    const due = { kind: 'due', isTakenLater: false, call } as const
    expect(transition(row, due, nowMs)).to.equal(undefined)
    expect(transition(row, due, nowMs + 1)).to.deep.include({ state: 'in_doubt', call })
  })

  it('erases its seal when it is final, and never before', () => {
    for (const [what, event] of events)
      for (const [name, more] of Object.entries(rows)) {
        const before = redemption({ sentAtMs: nowMs - 120_000, ...more })
        const change = transition(before, event, nowMs)
        if (!change) continue
        const after = { ...before, ...change }
        const isFinal = after.dueAtMs === undefined && after.state !== 'stuck'
        const wasFinal = before.dueAtMs === undefined && before.state !== 'stuck'
        if (isFinal && !wasFinal) expect(change.secret, `${name}, ${what}`).to.equal(null)
        if (!isFinal) expect(change.secret, `${name}, ${what}`).not.to.equal(null)
      }
  })

  it('is drawn correctly in ARCHITECTURE.md', () => {
    const page = readFileSync(new URL('../../ARCHITECTURE.md', import.meta.url), 'utf8')
    const [, diagram = ''] = /stateDiagram-v2\n(.*?)```/s.exec(page) ?? []
    const drawn = new Set(
      [...diagram.matchAll(/^ *(\S+) --> (\S+):/gm)].map(([, from, to]) => `${from} --> ${to}`),
    )
    // The first states of a row, from `redemptions/begin.ts`.
    const real = new Set(['[*] --> sent', '[*] --> in_doubt', '[*] --> reversed'])
    // Some transitions need a row that has used up its time or refusals.
    const usedUp = { refusals: 5, calls: 6 }
    const exhausted = Object.values(rows).map((more) =>
      more.undo ? { ...more, undo: { ...more.undo, ...usedUp } } : more,
    )
    for (const more of [...Object.values(rows), ...exhausted])
      for (const [, event] of events) {
        const before = redemption({ sentAtMs: nowMs - 120_000, ...more })
        const to = transition(before, event, nowMs)?.state
        if (to !== undefined && to !== before.state) real.add(`${before.state} --> ${to}`)
      }
    expect([...drawn].toSorted()).to.deep.equal([...real].toSorted())
  })
})

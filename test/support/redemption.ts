import type { DebitOutcome, Redemption } from '../../src/redemptions/redemption.ts'
import type { Moved } from '../../src/model/words.ts'

/** A debit of a coupon as the journal shows it, on its way unless `more` says otherwise. */
export function redemption(more: Partial<Redemption>): Redemption {
  return {
    id: 'r-1',
    key: 'T-1',
    attempt: 1,
    cardHash: 'card',
    account: 'A-1',
    what: { kind: 'coupon', rewardId: 'uc-1' },
    state: 'sent',
    wasSent: true,
    sentAtMs: 1,
    isAnswered: false,
    isDue: false,
    undoBy: undefined,
    undoNumber: 1,
    undoCalls: 0,
    undoTries: 0,
    undoSinceMs: 0,
    isFreed: false,
    creditKey: undefined,
    ticketKey: undefined,
    moved: undefined,
    refusedWith: undefined,
    givenBack: undefined,
    ...more,
  }
}

/** The core has said that it is taken. */
export function confirmed(moved: Moved = {}): DebitOutcome {
  return { kind: 'confirmed', moved, secret: { cardNumber: 'CARD0001', apiKey: 'key-of-the-project' } }
}

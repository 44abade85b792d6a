import type { DiaryEntry } from '../../src/diary/entry.ts'
import { createKeyedHash } from '../../src/model/keys.ts'
import { stuckDebit } from '../support/stuck-redemption.ts'
import { cardHashKey } from '../support/test-journal.ts'

const startMs = Date.UTC(2026, 10, 23, 11, 59, 39)

/** What the diary has of the bill that contracts/commands.md shows. @param redemptionId of the debit that got stuck */
export function shownEntries(redemptionId: string): DiaryEntry[] {
  const reason = 'redeemCoupon: no answer (deadline)'
  const call = { operation: 'redeemCoupon', outcome: 'unknown', durationMs: 2000, reason }
  const shown: [afterSeconds: number, Partial<DiaryEntry>][] = [
    [
      0,
      {
        ...{ message: 'balance', account: undefined, requestId: 'ed2fd4d7-bd05-4650-a2ac-58140b8545a8' },
        facts: {
          durationMs: 31.4,
          coreCalls: [
            { operation: 'readCard', outcome: 'done', status: 200, durationMs: 14.2 },
            { operation: 'readRewards', outcome: 'done', status: 200, durationMs: 16.8 },
          ],
        },
      },
    ],
    [
      21,
      {
        ...{ message: 'debit', code: 'NOT_REDEEMED', transactionId: 'R-3', redemptionId },
        requestId: '9dbbd83e-f91e-4b59-9b12-632a9b6af6f1',
        facts: { durationMs: 2011, rewardId: 'uc-coffee', reason, coreCalls: [call] },
      },
    ],
    [
      1821,
      {
        ...{ message: 'undo', code: 'refused', redemptionId },
        facts: {
          state: 'stuck',
          coreCalls: [
            {
              operation: 'restoreCoupon',
              outcome: 'refused',
              status: 409,
              durationMs: 19,
              reason: 'restoreCoupon: 409 MemberBlocked',
            },
          ],
        },
      },
    ],
    [
      2700,
      {
        ...{ message: 'ticket', ticketId: 'B-5001', eventId: '39ea7cc0-d6d1-50f2-835f-b2fa5d1a7640' },
        requestId: '00e32679-d661-40fc-ac9e-78d1a72bec9d',
        facts: { durationMs: 8.4, coreCalls: [] },
      },
    ],
    [
      2701,
      {
        ...{ message: 'published', venueId: '', eventId: '39ea7cc0-d6d1-50f2-835f-b2fa5d1a7640' },
        ...{ account: undefined, cardHash: undefined, cardMasked: undefined },
        facts: { topic: closedTopic, partition: 2, offset: '1234' },
      },
    ],
  ]
  return shown.map(([afterSeconds, entry]) => ({ ...usual, atMs: startMs + afterSeconds * 1000, ...entry }))
}

/** TRIFFT's id of it. */
export const shownVenue = '5b1e7a52-0001-4c7e-9a01-000000001902'
const closedTopic = 'loyalty.zonal.tickets.v1'

const usual: DiaryEntry = {
  atMs: startMs,
  message: 'debit',
  code: 'OK',
  venueId: '1902',
  venue: shownVenue,
  tenant: '0123456789abcdef',
  account: '5001',
  cardHash: createKeyedHash(cardHashKey)(stuckDebit.secret.cardNumber),
  cardMasked: '*1001',
  ticketId: undefined,
  transactionId: undefined,
  requestId: undefined,
  redemptionId: undefined,
  eventId: undefined,
  replica: 'adapter-0',
  facts: {},
}

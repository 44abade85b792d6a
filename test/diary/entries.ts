import { createHash, randomUUID } from 'node:crypto'
import type { DiaryEntry } from '../../src/diary/entry.ts'

/** @returns rows as a busy site writes them: each of another bill and card */
export function manyEntries(count: number, atMs: number): DiaryEntry[] {
  return Array.from({ length: count }, (_, index) => debitEntry(`${atMs}-${index}`, atMs))
}

/** @param name of the bill, the card and the till's reference */
export function debitEntry(name: string, atMs: number, more: Partial<DiaryEntry> = {}): DiaryEntry {
  return {
    atMs,
    message: 'debit',
    code: 'OK',
    venueId: '1902',
    venue: '5b1e7a52-0001-4c7e-9a01-000000001902',
    tenant: '0123456789abcdef',
    account: `A-${name}`,
    cardHash: createHash('sha256').update(name).digest('hex'),
    cardMasked: '*1001',
    ticketId: undefined,
    transactionId: `T-${name}`,
    requestId: randomUUID(),
    redemptionId: randomUUID(),
    eventId: undefined,
    replica: 'adapter-0',
    facts: {
      status: 200,
      durationMs: 12.5,
      isAnswered: true,
      openBreakers: [],
      sourceAddress: '192.0.2.10',
      dialect: 'json',
      rewardId: 'uc-coffee',
      coreWaitMs: 0,
      coreCalls: [{ operation: 'redeemCoupon', outcome: 'done', status: 200, durationMs: 9.87 }],
    },
    ...more,
  }
}

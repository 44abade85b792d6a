import { build, type Histogram } from 'hdr-histogram-js'
import { createTill, type TillAnswer } from '../simulators/till.ts'
import { pauseUntil } from '../torture/pause.ts'

/** Each has a balance and a ticket; every fourth also takes points and gives them back. */
const messagesPerCheckout = 2.5

/**
 * Guests come at an even pace, whether those before them were served or not, each with a card that nobody else has in the
 * next minute.
 *
 * @param signal when no more guests come
 * @returns when the last one was served
 */
export async function runCheckouts(
  { url, venueId, apiKey }: { url: string; venueId: string; apiKey: string },
  { perSecond, cards }: { perSecond: number; cards: string[] },
  signal: AbortSignal,
) {
  // Longer than any answer takes, so that what is late is told by its code.
  const till = createTill({ baseUrl: url, venueId, apiKey, patienceMs: 60_000 })
  const waits: Histogram = build({ highestTrackableValue: 120_000, numberOfSignificantValueDigits: 3 })
  const failures: string[] = []
  const underWay: Promise<void>[] = []
  let messages = 0

  async function ask(operation: string, send: () => Promise<TillAnswer>) {
    messages += 1
    const startedMs = performance.now()
    const heard = await send().catch(String)
    waits.recordValue(Math.round(performance.now() - startedMs))
    if (typeof heard !== 'string' && heard.reply.response === 'OK') return
    failures.push(`${operation}: ${typeof heard === 'string' ? heard : `${heard.status} ${heard.text}`}`)
  }

  async function checkOut(number: number) {
    const cardNumber = cards[number % cards.length] ?? ''
    const bill = { cardNumber, accountNumber: `A-${number}` }
    const transactionId = `T-${number}`
    await ask('balance', () => till.balance({ cardNumber }))
    if (number % 4 === 0) {
      await ask('debit', () => till.debit({ ...bill, transactionId, points: 1 }))
      await ask('credit', () => till.credit({ cardNumber, originalTransactionId: transactionId }))
    }
    const ticket = { ...bill, ticketId: `B-${number}`, closedAt: new Date(), total: 12.5, currency: 'GBP' }
    await ask('ticket', () => till.ticket(ticket))
  }

  const startedMs = performance.now()
  while (await pauseUntil(signal, 1)) {
    const due = ((performance.now() - startedMs) / 1_000) * (perSecond / messagesPerCheckout)
    while (underWay.length < due) underWay.push(checkOut(underWay.length))
  }
  const seconds = (performance.now() - startedMs) / 1_000
  await Promise.all(underWay)
  return {
    messages,
    tickets: underWay.length,
    perSecondSent: Math.round(messages / seconds),
    failed: failures.length,
    failures,
    p50Ms: waits.getValueAtPercentile(50),
    p99Ms: waits.getValueAtPercentile(99),
    maxMs: waits.maxValue,
  }
}

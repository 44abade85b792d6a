import { build, type Histogram } from 'hdr-histogram-js'
import { createTill, type TillAnswer } from '../simulators/till.ts'
import { pauseUntil } from '../torture/pause.ts'

/** Each has a balance and a ticket; every fourth also takes points and gives them back. */
const messagesPerCheckout = 2.5
/** Until the compiler of each replica has seen the most of a message's way, fewer guests come. */
const rampSeconds = 5

/**
 * Guests come at an even pace, whether those before them were served or not, each with a card that nobody else has in the
 * next minute.
 *
 * @param signal when no more guests come
 * @returns when the last one was served; `failures`: what tills heard instead of OK; `servedCards`: those without a failure
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
  /** Of guests whose every message was answered OK. */
  const servedCards = new Set(cards)
  let tickets = 0
  const underWay: Promise<void>[] = []
  let messages = 0

  async function ask(operation: string, cardNumber: string, send: () => Promise<TillAnswer>) {
    messages += 1
    const startedMs = performance.now()
    const heard = await send().catch(String)
    waits.recordValue(Math.round(performance.now() - startedMs))
    const isOk = typeof heard !== 'string' && heard.reply.response === 'OK'
    if (isOk && operation === 'ticket') tickets += 1
    if (isOk) return
    servedCards.delete(cardNumber)
    failures.push(`${operation}: ${typeof heard === 'string' ? heard : `${heard.status} ${heard.text}`}`)
  }

  async function checkOut(number: number) {
    const cardNumber = cards[number % cards.length] ?? ''
    const bill = { cardNumber, accountNumber: `A-${number}` }
    const transactionId = `T-${number}`
    await ask('balance', cardNumber, () => till.balance({ cardNumber }))
    if (number % 4 === 0) {
      await ask('debit', cardNumber, () => till.debit({ ...bill, transactionId, points: 1 }))
      await ask('credit', cardNumber, () => till.credit({ cardNumber, originalTransactionId: transactionId }))
    }
    const ticket = { ...bill, ticketId: `B-${number}`, closedAt: new Date(), total: 12.5, currency: 'GBP' }
    await ask('ticket', cardNumber, () => till.ticket(ticket))
  }

  const startedMs = performance.now()
  while (await pauseUntil(signal, 1)) {
    const seconds = (performance.now() - startedMs) / 1_000
    const fullSeconds = seconds < rampSeconds ? seconds ** 2 / (2 * rampSeconds) : seconds - rampSeconds / 2
    const due = fullSeconds * (perSecond / messagesPerCheckout)
    while (underWay.length < due) underWay.push(checkOut(underWay.length))
  }
  const seconds = (performance.now() - startedMs) / 1_000
  await Promise.all(underWay)
  return {
    figures: {
      messages,
      tickets,
      perSecondSent: Math.round(messages / seconds),
      failed: failures.length,
      p50Ms: waits.getValueAtPercentile(50),
      p99Ms: waits.getValueAtPercentile(99),
      maxMs: waits.maxValue,
    },
    failures,
    servedCards,
  }
}

import { createTill } from '../simulators/till.ts'
import { createStallMeter } from '../support/stalls.ts'

export type Felt = {
  asked: number
  /** In all, and by code. */
  refused: number
  codes: Record<string, number>
  /** Without the time in which this process stood still. */
  slowestMs: number
}

const everyMs = 50

/**
 * Honest tills beside an attack: every 50 ms one of them asks for a balance, a debit, its credit or a ticket, whether the
 * one before was answered or not.
 *
 * @returns a function that ends them and says how they were served
 */
export function startHonestTills(
  till: { baseUrl: string; venueId: string; apiKey: string },
  cards: string[],
) {
  const { balance, debit, credit, ticket } = createTill(till)
  const codes = new Map<string, number>()
  const underWay = new Set<Promise<void>>()
  const stalls = createStallMeter()
  let asked = 0
  let slowestMs = 0

  async function ask(turn: number) {
    const cardNumber = cards[turn % cards.length] ?? ''
    const startedMs = performance.now()
    const stalledBeforeMs = stalls.stalledMs()
    const code = await answerTo(turn, cardNumber).then(
      ({ reply }) => (reply.response === 'OK' ? undefined : (reply.code ?? 'none')),
      () => 'no answer',
    )
    const stalledMs = stalls.stalledMs() - stalledBeforeMs
    slowestMs = Math.max(slowestMs, performance.now() - startedMs - stalledMs)
    if (code) codes.set(code, (codes.get(code) ?? 0) + 1)
  }

  function answerTo(turn: number, cardNumber: string) {
    const bill = { cardNumber, accountNumber: `H-${turn}` }
    switch (turn % 3) {
      case 0:
        return balance({ cardNumber })
      case 1:
        return debit({ ...bill, transactionId: `H-${turn}`, points: 1 }).then(async (taken) =>
          taken.reply.response === 'OK'
            ? await credit({ cardNumber, originalTransactionId: `H-${turn}` })
            : taken,
        )
      default:
        return ticket({ ...bill, ticketId: `H-${turn}`, closedAt: new Date(), total: 1, currency: 'GBP' })
    }
  }

  const timer = setInterval(() => {
    const asking = ask(turns++)
    asked += 1
    underWay.add(asking)
    void asking.finally(() => underWay.delete(asking))
  }, everyMs)

  return async function end(): Promise<Felt> {
    clearInterval(timer)
    await Promise.all(underWay)
    stalls.stop()
    const refused = [...codes.values()].reduce((sum, count) => sum + count, 0)
    return { asked, refused, codes: Object.fromEntries(codes), slowestMs: Math.round(slowestMs) }
  }
}

/** Bills of the whole run, so that none has another's number. */
let turns = 0

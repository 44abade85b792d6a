import { setTimeout as pause } from 'node:timers/promises'
import { createTill, type Till, type TillAnswer } from '../simulators/till.ts'

/** What a till may hear while its database fails over. Each time it sends the same message again. */
const passing = new Set([
  'STORAGE_UNAVAILABLE',
  'TRY_AGAIN_SHORTLY',
  'NOT_REDEEMED',
  'NOT_GIVEN_BACK_YET',
  'CORE_UNAVAILABLE',
  'CORE_BUSY',
])
const againAfterMs = 100

/** All that a till was told. */
export type Told = { debits: Debit[]; ticketIds: string[] }
export type Debit = { transactionId: string; redemptionId: string; isGivenBack: boolean }

/** `name` is a part of all its ids. The card number is none: ids that contain it are masked. */
type Parts = { urls: string[]; venueId: string; apiKey: string; name: string; cardNumber: string }

/**
 * A till with one guest, who comes again and again. It sends each message to another replica, and repeats it until it hears
 * OK, so that whatever was begun before its answer came is asked for again.
 */
export function createStubbornTill({ urls, name, cardNumber, ...login }: Parts) {
  const tills = urls.map((baseUrl) => createTill({ baseUrl, ...login }))
  const told: Told = { debits: [], ticketIds: [] }
  const bill = { cardNumber, accountNumber: `A-${name}` }
  let turn = 0

  async function untilOk(send: (till: Till) => Promise<TillAnswer>): Promise<TillAnswer['reply']> {
    for (;;) {
      const { reply, text } = await send(tills[turn++ % tills.length]!)
      if (reply.response === 'OK') return reply
      if (!passing.has(reply.code ?? '')) throw new Error(`unforeseen: ${text}`)
      await pause(againAfterMs)
    }
  }

  const debit = (transactionId: string) =>
    untilOk((till) => till.debit({ ...bill, transactionId, points: 1 }))
  const ticket = (ticketId: string) =>
    untilOk((till) => till.ticket({ ...bill, ticketId, closedAt, total: 12.5, currency: 'GBP' }))
  const closedAt = new Date()

  async function giveBack(debit: Debit) {
    const message = { cardNumber, originalTransactionId: debit.transactionId }
    await untilOk((till) => till.credit(message))
    debit.isGivenBack = true
  }

  return {
    cardNumber,
    told,
    /** The guest takes a point, gives every second back, and pays. */
    async serve() {
      const id = `${name}-${told.debits.length}`
      const { redemptionId = '' } = await debit(id)
      const taken = { transactionId: id, redemptionId, isGivenBack: false }
      told.debits.push(taken)
      if (told.debits.length % 2 === 0) await giveBack(taken)
      await ticket(id)
      told.ticketIds.push(id)
    },
    /** Sends all again. @returns which debits are another redemption now, and which tickets were not known */
    async repeatAll(): Promise<string[]> {
      const strangers: string[] = []
      for (const { transactionId, redemptionId, isGivenBack } of told.debits)
        if (!isGivenBack && (await debit(transactionId)).redemptionId !== redemptionId)
          strangers.push(transactionId)
      for (const ticketId of told.ticketIds)
        if ((await ticket(ticketId)).duplicate !== true) strangers.push(ticketId)
      return strangers
    },
  }
}

import { z } from 'zod'
import type { BalanceRequest, CreditRequest, DebitRequest, What } from '../../model/words.ts'
import { readCardNumber } from './card.ts'
import type { RawFields } from './raw-message.ts'
import { createFieldReader } from './read-fields.ts'
import { RequestInvalid } from './request-invalid.ts'
import { card, id, mustBe, points } from './shapes.ts'

/** `cardPrefixes` are stripped from scanned codes. */
export type MessageSettings = { cardPrefixes: readonly string[] }

/** Fields that any message may carry. The values are the POS's own and are only passed on. */
export const posFields = {
  transactionId: id.optional().describe("The POS's own reference of this call"),
  accountNumber: id.optional().describe('The bill'),
  siteId: id.optional().describe('Number of the site'),
  siteRef: id.optional().describe("Reference of the site: Zonal's second name for it"),
  salesAreaId: id.optional(),
  terminalId: id.optional(),
  staffId: id.optional(),
  dateTime: id.optional().describe('When the till sent the message; only passed on'),
}

const whatFields = {
  rewardId: id.optional().describe('The id of a reward in the balance reply'),
  points: points.optional(),
}

export const balanceRequest = z.object({ cardNumber: card, ...posFields })

export const debitRequest = z
  .object({ ...posFields, cardNumber: card, accountNumber: id.describe('The bill'), ...whatFields })
  .describe('Exactly one of rewardId or points; points need transactionId')

export const creditRequest = z
  .object({
    cardNumber: card,
    ...posFields,
    redemptionId: id.optional().describe('From the reply of the debit that is given back'),
    originalTransactionId: id.optional().describe('transactionId of the debit that is given back'),
    ...whatFields,
  })
  .describe(
    'One of redemptionId, originalTransactionId, or accountNumber with rewardId or points; ' +
      'points by account need transactionId',
  )

const readBalance = createFieldReader(balanceRequest)
const readDebit = createFieldReader(debitRequest)
const readCredit = createFieldReader(creditRequest)

const neededToDebit = {
  cardNumber: mustBe.card,
  accountNumber: mustBe.id,
  transactionId: mustBe.id,
  rewardId: mustBe.id,
  points: mustBe.points,
}
const neededToCredit = { ...neededToDebit, redemptionId: mustBe.id, originalTransactionId: mustBe.id }

/**
 * @param fields as a dialect has read them
 * @throws RequestInvalid `MESSAGE_INVALID` naming the field, or `CARD_INVALID`
 */
export function parseBalance(fields: RawFields, settings: MessageSettings): BalanceRequest {
  const { read } = readBalance(fields, { cardNumber: mustBe.card })
  return { ...read, cardNumber: readCardNumber(read.cardNumber, settings.cardPrefixes) }
}

/**
 * @param fields as a dialect has read them
 * @throws RequestInvalid `MESSAGE_INVALID` naming the field, or `CARD_INVALID`
 */
export function parseDebit(fields: RawFields, settings: MessageSettings): DebitRequest {
  const { rewardId, points, ...read } = readDebit(fields, neededToDebit).read
  const what = readWhat(rewardId, points)
  if (!what) throw new RequestInvalid('rewardId', 'is missing, and {points} too: one of them must be given')
  if (what.kind === 'points' && read.transactionId === undefined)
    throw new RequestInvalid('transactionId', 'is missing: a debit of points needs it')
  return { ...read, cardNumber: readCardNumber(read.cardNumber, settings.cardPrefixes), what }
}

/**
 * @param fields as a dialect has read them
 * @throws RequestInvalid `MESSAGE_INVALID` naming the field, or `CARD_INVALID`
 */
export function parseCredit(fields: RawFields, settings: MessageSettings): CreditRequest {
  const { rewardId, points, ...read } = readCredit(fields, neededToCredit).read
  const what = readWhat(rewardId, points)
  const isByReference = read.redemptionId !== undefined || read.originalTransactionId !== undefined
  if (!isByReference) checkByAccount(read, what)
  const cardNumber = readCardNumber(read.cardNumber, settings.cardPrefixes)
  return what ? { ...read, cardNumber, what } : { ...read, cardNumber }
}

function checkByAccount(read: { accountNumber?: string; transactionId?: string }, what: What | undefined) {
  if (read.accountNumber === undefined || !what)
    throw new RequestInvalid(
      'redemptionId',
      'is missing: give it, or {originalTransactionId}, or {accountNumber} with {rewardId} or {points}',
    )
  if (what.kind === 'points' && read.transactionId === undefined)
    throw new RequestInvalid('transactionId', 'is missing: points are found by {accountNumber} only with it')
}

function readWhat(rewardId: string | undefined, points: number | undefined): What | undefined {
  if (rewardId !== undefined && points !== undefined)
    throw new RequestInvalid('points', 'must not be given beside {rewardId}')
  if (rewardId !== undefined) return { kind: 'coupon', rewardId }
  return points === undefined ? undefined : { kind: 'points', points }
}

import { z } from 'zod'

/** What a till sends, before it is put into any dialect. Amounts are in major units; ids are digits as text. */

export type Operation = 'balance' | 'debit' | 'credit' | 'ticket'

type Common = {
  transactionId?: string
  accountNumber?: string
  siteId?: string
  siteRef?: string
  salesAreaId?: string
  terminalId?: string
  staffId?: string
  dateTime?: Date
}
type What = { rewardId: string } | { points: number }

export type TillBalance = Common & { cardNumber: string }
export type TillDebit = Common & { cardNumber: string; accountNumber: string } & What
export type TillCredit = Common & {
  cardNumber: string
  redemptionId?: string
  originalTransactionId?: string
  rewardId?: string
  points?: number
}
export type TillTicket = Common & {
  ticketId?: string
  closedAt: Date
  openedAt?: Date
  businessDate?: string
  total: number
  currency?: string
  cardNumber?: string
  items?: TillItem[]
  discounts?: { id?: string; name?: string; amount?: number }[]
  payments?: { type?: string; amount?: number }[]
  redemptions?: { redemptionId?: string; rewardId?: string; points?: number }[]
  covers?: number
  tips?: number
  serviceCharge?: number
  isVoid?: boolean
  isRefund?: boolean
}
export type TillItem = {
  id?: string
  name?: string
  quantity?: number
  unitPrice?: number
  total?: number
  tax?: number
  discount?: number
  category?: string
  portion?: string
}

export type TillMessage = TillBalance | TillDebit | TillCredit | TillTicket

const reward = z.looseObject({
  id: z.string(),
  name: z.string().optional(),
  type: z.string().optional(),
  entityCode: z.string().optional(),
  discountId: z.string().optional(),
  cost: z.number().optional(),
})

/** What a till reads of an answer, loosely, as tills do. */
export const tillReply = z.looseObject({
  response: z.string().optional(),
  requestId: z.string().optional(),
  code: z.string().optional(),
  detail: z.string().optional(),
  action: z.string().optional(),
  retry: z.boolean().optional(),
  transactionId: z.string().optional(),
  redemptionId: z.string().optional(),
  member: z.looseObject({ name: z.string().optional() }).optional(),
  program: z.string().optional(),
  points: z.number().optional(),
  pointsTaken: z.number().optional(),
  pointsReturned: z.number().optional(),
  reward: reward.optional(),
  rewards: z.array(reward).optional(),
  stale: z.boolean().optional(),
  ticketId: z.string().optional(),
  accepted: z.boolean().optional(),
  duplicate: z.boolean().optional(),
})

export type TillReply = z.output<typeof tillReply>

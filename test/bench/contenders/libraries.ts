import Router from '@koa/router'
import { LRUCache } from 'lru-cache'
import CircuitBreaker from 'opossum'
import { z } from 'zod'
import { systemClock, systemTimers } from '../../../src/time/clock.ts'
import { createCoreHttp, type CoreRequest } from '../../../src/trifft/http.ts'
import { readApiKey, toAnswer } from './answer.ts'
import { serve } from './serve.ts'

/**
 * The libraries that were chosen for the service, each doing its minimum, and axios with the service's own adapter. The
 * difference to the service is what the service adds; the difference to `bare.ts` is what the choice costs. No
 * credentials are checked, nothing is cached or limited, no metric is kept. `CORE_BASE_URL`; `MEMORY=1` keeps balances
 * in an lru-cache.
 */
const core = createCoreHttp({
  baseUrl: process.env.CORE_BASE_URL ?? '',
  clock: systemClock,
  timers: systemTimers,
})
const cache = process.env.MEMORY ? new LRUCache<string, object>({ max: 10_000 }) : undefined
const breaker = new CircuitBreaker((request: CoreRequest) => core.send(request), { timeout: false })

const balanceMessage = z.object({ cardNumber: z.string() })
const debitMessage = balanceMessage.extend({ transactionId: z.string(), rewardId: z.string() })
const card = z.object({
  member: z.object({ first_name: z.string(), last_name: z.string() }),
  tier: z.object({ name: z.string() }),
  wallet: z.object({ points: z.number() }),
})
const coupon = z.object({
  id: z.string(),
  coupon: z.object({
    name: z.string(),
    points: z.number().nullable(),
    params: z.object({ aztecEntityCode: z.string() }),
  }),
})

async function call<T>(
  request: Omit<CoreRequest, 'operation' | 'deadlineMs'>,
  schema: z.ZodType<T>,
): Promise<T> {
  const { body } = await breaker.fire({ ...request, operation: 'any', deadlineMs: 2_400 })
  return schema.parse(body)
}

async function readBalance(cardNumber: string, apiKey: string): Promise<object> {
  const known = cache?.get(cardNumber)
  if (known) return known
  const path = `/card/${encodeURIComponent(cardNumber)}`
  const [member, coupons] = await Promise.all([
    call({ method: 'GET', path, apiKey }, card),
    call({ method: 'GET', path: `${path}/coupons?status=activated`, apiKey }, z.array(coupon)),
  ])
  const answer = toAnswer(cardNumber, member, coupons)
  cache?.set(cardNumber, answer)
  return answer
}

const router = new Router()
router.post('/balance', async (ctx) => {
  const { cardNumber } = balanceMessage.parse(ctx.request.body)
  ctx.body = await readBalance(cardNumber, readApiKey(ctx.get('authorization')))
})
router.post('/debit', async (ctx) => {
  const { cardNumber, transactionId, rewardId } = debitMessage.parse(ctx.request.body)
  const apiKey = readApiKey(ctx.get('authorization'))
  const path = `/card/${encodeURIComponent(cardNumber)}/coupon/redeem`
  const body = { user_coupon_id: rewardId, reference: transactionId }
  const { id, coupon: taken } = await call({ method: 'POST', path, apiKey, body }, coupon)
  ctx.body = { response: 'OK', transactionId, reward: { id, name: taken.name } }
})

serve(router)

import { createServer } from 'node:http'
import axios from 'axios'
import Koa from 'koa'
import bodyParser from 'koa-bodyparser'
import { LRUCache } from 'lru-cache'
import { listen } from '../listen.ts'
import { readApiKey, toAnswer, type Card, type Coupon } from './answer.ts'

/**
 * Koa and axios as they are most often written: their defaults, one handler, no precautions. `CORE_BASE_URL`;
 * `MEMORY=1` keeps balances in an lru-cache.
 */
const core = axios.create({ baseURL: process.env.CORE_BASE_URL ?? '' })
const cache = process.env.MEMORY ? new LRUCache<string, object>({ max: 10_000 }) : undefined

const app = new Koa()
app.use(bodyParser())
app.use(async (ctx) => {
  const { cardNumber } = ctx.request.body as { cardNumber: string }
  const known = cache?.get(cardNumber)
  if (known) {
    ctx.body = known
    return
  }
  const headers = { Authorization: `Bearer ${readApiKey(ctx.get('authorization'))}` }
  const [card, coupons] = await Promise.all([
    core.get<Card>(`/card/${encodeURIComponent(cardNumber)}`, { headers }),
    core.get<Coupon[]>(`/card/${encodeURIComponent(cardNumber)}/coupons?status=activated`, { headers }),
  ])
  const answer = toAnswer(cardNumber, card.data, coupons.data)
  cache?.set(cardNumber, answer)
  ctx.body = answer
})

const handle = app.callback()
listen(createServer((request, response) => void handle(request, response)))

import { createServer } from 'node:http'
import axios from 'axios'
import Koa from 'koa'
import bodyParser from 'koa-bodyparser'
import { LRUCache } from 'lru-cache'
import { listen } from '../listen.ts'

/**
 * Koa and axios as they are most often written: their defaults, one handler, no safety. `CORE_BASE_URL`; `MEMORY=1`
 * keeps balances in an lru-cache.
 */
const core = axios.create({ baseURL: process.env.CORE_BASE_URL ?? '' })
const cache = process.env.MEMORY ? new LRUCache<string, object>({ max: 10_000 }) : undefined

type Reward = { id: string; coupon: { name: string; points: number | null; params: Record<string, string> } }
type Card = { member: Record<string, string>; tier: { name: string }; wallet: { points: number } }

const app = new Koa()
app.use(bodyParser())
app.use(async (ctx) => {
  const { cardNumber } = ctx.request.body as { cardNumber: string }
  const known = cache?.get(cardNumber)
  if (known) {
    ctx.body = known
    return
  }
  const [, basic = ''] = ctx.get('authorization').split(' ')
  const [, apiKey] = Buffer.from(basic, 'base64').toString().split(':')
  const headers = { Authorization: `Bearer ${apiKey}` }
  const [card, coupons] = await Promise.all([
    core.get<Card>(`/card/${encodeURIComponent(cardNumber)}`, { headers }),
    core.get<Reward[]>(`/card/${encodeURIComponent(cardNumber)}/coupons?status=activated`, { headers }),
  ])
  const { member, tier, wallet } = card.data
  const answer = {
    response: 'OK',
    cardNumber,
    member: { name: `${member.first_name} ${member.last_name?.[0]}.` },
    program: tier.name,
    points: wallet.points,
    rewards: coupons.data.map(({ id, coupon }) => ({
      id,
      name: coupon.name,
      type: 'promotion',
      entityCode: coupon.params.aztecEntityCode,
      ...(coupon.points && { cost: coupon.points }),
    })),
  }
  cache?.set(cardNumber, answer)
  ctx.body = answer
})

const handle = app.callback()
listen(createServer((request, response) => void handle(request, response)))

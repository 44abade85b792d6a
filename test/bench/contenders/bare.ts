import { createServer, type IncomingMessage } from 'node:http'
import { Pool } from 'undici'
import { listen } from '../listen.ts'
import { readApiKey, toAnswer, type Card, type Coupon } from './answer.ts'

/**
 * The minimum that can answer a till: `node:http`, undici and nothing else; no check, no deadline, no log, no metric,
 * no journal. `CORE_BASE_URL`; `MEMORY=1` answers balances from a `Map`.
 */
const { origin, pathname } = new URL(process.env.CORE_BASE_URL ?? '')
const pool = new Pool(origin, { connections: 64 })
const memory = process.env.MEMORY ? new Map<string, object>() : undefined

type Message = { cardNumber: string; transactionId: string; rewardId: string }
async function balance(message: Message, apiKey: string): Promise<object> {
  const known = memory?.get(message.cardNumber)
  if (known) return known
  const headers = { authorization: `Bearer ${apiKey}` }
  const path = `${pathname}/card/${encodeURIComponent(message.cardNumber)}`
  const [card, coupons] = await Promise.all([
    call<Card>({ method: 'GET', path, headers }),
    call<Coupon[]>({ method: 'GET', path: `${path}/coupons?status=activated`, headers }),
  ])
  const answer = toAnswer(message.cardNumber, card, coupons)
  memory?.set(message.cardNumber, answer)
  return answer
}

async function debit({ cardNumber, transactionId, rewardId }: Message, apiKey: string): Promise<object> {
  const { id, coupon } = await call<Coupon>({
    method: 'POST',
    path: `${pathname}/card/${encodeURIComponent(cardNumber)}/coupon/redeem`,
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ user_coupon_id: rewardId, reference: transactionId }),
  })
  return { response: 'OK', transactionId, reward: { id, name: coupon.name } }
}

async function call<T>(request: {
  method: 'GET' | 'POST'
  path: string
  headers: Record<string, string>
  body?: string
}): Promise<T> {
  const { body } = await pool.request(request)
  return (await body.json()) as T
}

async function readBody(request: IncomingMessage): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => resolve(Buffer.concat(chunks).toString()))
  return promise
}

listen(
  createServer((request, response) => {
    void (async () => {
      const message = JSON.parse(await readBody(request)) as Message
      const apiKey = readApiKey(request.headers.authorization)
      const answer = await (request.url?.endsWith('/debit') ? debit : balance)(message, apiKey)
      const body = JSON.stringify(answer)
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      })
      response.end(body)
    })()
  }),
)

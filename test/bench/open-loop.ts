import { setTimeout as pause } from 'node:timers/promises'
import { build } from 'hdr-histogram-js'
import { Pool } from 'undici'
import { z } from 'zod'
import { headers } from './messages.ts'

/**
 * Sends so many requests a second, whatever becomes of those before: `node open-loop.ts ORDER-AS-JSON`. Latency counts
 * from the moment at which a request was due, so that nothing is left out while an answer is waited for (no coordinated
 * omission).
 */
export type Order = {
  url: string
  perSecond: number
  seconds: number
  /** What a till sends to the service; or what that asks of the core for it, sent to the core. */
  ask: { till: string } | { core: 'balance' | 'debit' }
  connections: number
  /** Requests that may wait for a connection; one that is due beyond that is given up: no more tills are there. */
  maxWaiting: number
}

const { url, perSecond, seconds, ask, connections, maxWaiting } = JSON.parse(process.argv[2] ?? '') as Order
const { origin, pathname } = new URL(url)
const pool = new Pool(origin, { connections, headersTimeout: 0, bodyTimeout: 0 })
const isOk = z.object({ response: z.literal('OK') })
/** In µs. */
const waits = build({ highestTrackableValue: 120_000_000, numberOfSignificantValueDigits: 3 })
const counts = { sent: 0, ok: 0, refused: 0, failed: 0, givenUp: 0 }
let open = 0

async function send(number: number, dueAtMs: number) {
  open += 1
  try {
    counts[(await isDone(number)) ? 'ok' : 'refused'] += 1
  } catch {
    counts.failed += 1
  } finally {
    open -= 1
    waits.recordValue(Math.max(Math.round((performance.now() - dueAtMs) * 1000), 1))
  }
}

async function isDone(number: number): Promise<boolean> {
  if ('core' in ask) return ask.core === 'balance' ? await readFromCore(number) : await redeemAtCore(number)
  const text = ask.till.replaceAll('@N@', String(number))
  const reply = await pool.request({ method: 'POST', path: pathname, headers, body: text })
  return isOk.safeParse(await reply.body.json()).success
}

async function redeemAtCore(number: number): Promise<boolean> {
  const body = JSON.stringify({ user_coupon_id: `uc-${number}`, reference: `T-${number}` })
  const path = `${pathname}/card/CARD${number}/coupon/redeem`
  const reply = await pool.request({ method: 'POST', path, headers, body })
  await reply.body.json()
  return reply.statusCode === 200
}

/** Its two reads side by side. */
async function readFromCore(number: number): Promise<boolean> {
  const path = `${pathname}/card/CARD${number}`
  const replies = await Promise.all(
    [path, `${path}/coupons?status=activated`].map((each) => pool.request({ method: 'GET', path: each })),
  )
  await Promise.all(replies.map((reply) => reply.body.json()))
  return replies.every(({ statusCode }) => statusCode === 200)
}

async function run(firstNumber: number, forSeconds: number) {
  const startedAtMs = performance.now()
  const most = perSecond * forSeconds
  let due = 0
  while (due < most) {
    // The first is due at once.
    const dueNow = Math.min(Math.floor(((performance.now() - startedAtMs) / 1000) * perSecond) + 1, most)
    for (; due < dueNow; due++) {
      if (open >= connections + maxWaiting) counts.givenUp += 1
      else {
        counts.sent += 1
        void send(firstNumber + due, startedAtMs + (due / perSecond) * 1000)
      }
    }
    await pause(1)
  }
  while (open > 0) await pause(5)
  return (performance.now() - startedAtMs) / 1000
}

const firstNumber = Date.now() * 1000
await run(firstNumber, Math.min(seconds, 2))
waits.reset()
Object.assign(counts, { sent: 0, ok: 0, refused: 0, failed: 0, givenUp: 0 })
const tookSeconds = await run(firstNumber + 100_000_000, seconds)
const ms = (percentile: number) => waits.getValueAtPercentile(percentile) / 1000
console.log(
  JSON.stringify({
    ...counts,
    perSecond: counts.ok / tookSeconds,
    p50Ms: ms(50),
    p99Ms: ms(99),
    p999Ms: ms(99.9),
    maxMs: waits.maxValue / 1000,
  }),
)
await pool.close()

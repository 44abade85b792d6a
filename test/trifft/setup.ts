import { pino } from 'pino'
import { readConfig } from '../../src/config/config.ts'
import { createBudget } from '../../src/trifft/budget/budget.ts'
import { createCoreClient, type CoreClient } from '../../src/trifft/client.ts'
import type { Approval } from '../../src/journal/journal.ts'
import type { BudgetLeft } from '../../src/journal/journal.ts'
import type { Journal } from '../../src/journal/journal.ts'
import type { Caller, Credentials } from '../../src/model/words.ts'
import { toCredentials } from '../../src/model/keys.ts'
import { createExchange, type Exchange } from '../../src/exchange.ts'
import type { Clock } from '../../src/time/clock.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { createMetrics } from '../../src/observability/metrics.ts'

/** A host that only nock answers for. */
export const coreOrigin = 'https://core.test'

export const apiKey = 'key-of-the-crown-0123456789'
export const cardNumber = 'URCARD123'
export const caller: Caller = {
  credentials: toCredentials('1902', apiKey),
  venue: { id: '1902', coreId: '5b1e', currency: 'GBP' },
}

/** Half a minute before Christmas 2026. */
export const startMs = Date.UTC(2026, 11, 24, 23, 59, 30)

function coreConfig(env: Record<string, string> = {}) {
  return readConfig({ HOST: '127.0.0.1', CORE_BASE_URL: `${coreOrigin}/v1`, CORE_RATE_LIMIT: '0', ...env })
    .core
}

type LogLine = { msg: string; [field: string]: unknown }

/** What TRIFFT's side needs of a journal: approvals in memory, and a budget without a past. */
export function memoryJournal(): CoreJournal {
  const approvals = new Map<string, Approval>()
  const pair = ({ venueId, apiKey }: Credentials) => `${venueId}:${apiKey}`
  return {
    findApproval: async (credentials: Credentials) => approvals.get(pair(credentials)),
    keepApproval: async (credentials: Credentials, approval: Approval) =>
      void approvals.set(pair(credentials), approval),
    dropApproval: async (credentials: Credentials) => void approvals.delete(pair(credentials)),
    sharedBudget: undefined,
    sharedNotices: undefined,
    openBudget: async (): Promise<BudgetLeft> => ({ how: 'never_started', scopes: [] }),
    keepBlock: async () => undefined,
    closeBudget: async () => undefined,
  }
}

export type CoreJournal = Pick<
  Journal,
  | 'findApproval'
  | 'keepApproval'
  | 'dropApproval'
  | 'openBudget'
  | 'keepBlock'
  | 'closeBudget'
  | 'sharedBudget'
  | 'sharedNotices'
>

/** All that TRIFFT's side needs, with a clock under control and the log in an array; no budget unless `env` gives one. */
export function coreParts(
  env: Record<string, string> = {},
  {
    clock = createManualClock(startMs),
    journal = memoryJournal(),
  }: { clock?: ManualClock; journal?: CoreJournal } = {},
) {
  const config = coreConfig(env)
  const logLines: LogLine[] = []
  const log = pino({ base: null }, { write: (line: string) => logLines.push(JSON.parse(line)) })
  const metrics = createMetrics()
  const timers = clock
  const budget = createBudget(config, { journal, clock, timers, metrics, log })
  const client = createCoreClient(config, { budget, clock, timers, metrics, log })
  return { budget, client, clock, timers, config, journal, log, logLines, metrics }
}

export function exchangeWith(clock: Clock, leftMs = 2500): Exchange {
  return createExchange(clock, leftMs)
}

/** @returns the error of a call that must fail */
export async function failureOf(call: Promise<unknown>): Promise<unknown> {
  const nothing = Symbol('nothing')
  const failure = await call.then(
    () => nothing,
    (error: unknown) => error,
  )
  if (failure === nothing) throw new Error('the call was expected to fail')
  return failure
}

/** Each call of the client once, with the path it takes below the base URL. */
export const everyCall: {
  name: string
  method: 'GET' | 'POST'
  path: string
  good: object
  call: (client: CoreClient, exchange: Exchange) => Promise<unknown>
}[] = [
  {
    name: 'findVenue',
    method: 'GET',
    path: '/v1/venue?param=aztecVenueId:1902',
    good: [{ id: '5b1e', currency: 'GBP', params: { aztecVenueId: '1902' } }],
    call: (client, exchange) => client.findVenue(caller.credentials, exchange, { wasApproved: true }),
  },
  {
    name: 'readCard',
    method: 'GET',
    path: '/v1/card/URCARD123',
    good: { member: { first_name: 'Anna', last_name: 'Kovac', is_blocked: false } },
    call: (client, exchange) => client.readCard(caller, cardNumber, exchange),
  },
  {
    name: 'readRewards',
    method: 'GET',
    path: '/v1/card/URCARD123/coupons?status=activated',
    good: [],
    call: (client, exchange) => client.readRewards(caller, cardNumber, exchange),
  },
  {
    name: 'redeemCoupon',
    method: 'POST',
    path: '/v1/card/URCARD123/coupon/redeem',
    good: { id: 'uc-1', status: 'redeemed', coupon: { name: 'Free coffee' } },
    call: (client, exchange) => client.redeemCoupon({ ...order, rewardId: 'uc-1' }, exchange),
  },
  {
    name: 'restoreCoupon',
    method: 'POST',
    path: '/v1/card/URCARD123/coupon/restore',
    good: { id: 'uc-1', status: 'activated', coupon: { name: 'Free coffee' } },
    call: (client, exchange) => client.restoreCoupon({ ...order, rewardId: 'uc-1' }, exchange),
  },
  {
    name: 'takePoints',
    method: 'POST',
    path: '/v1/card/URCARD123/points/debit',
    good: { points: -200, balance: 1050 },
    call: (client, exchange) => client.takePoints({ ...order, points: 200 }, exchange),
  },
  {
    name: 'givePointsBack',
    method: 'POST',
    path: '/v1/card/URCARD123/points/credit',
    good: { points: 200, balance: 1250 },
    call: (client, exchange) => client.givePointsBack({ ...order, points: 200 }, exchange),
  },
]

export const order = { caller, cardNumber, reference: 'red-1', idempotencyKey: 'red-1:take' }

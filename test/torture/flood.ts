import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Movement } from '../simulators/core/ledger.ts'
import { startReplicas } from '../sandbox/replicas.ts'
import { publishedLimit } from '../simulators/core/rate-limit.ts'
import { startCoreSimulator, type CoreSimulator } from '../simulators/core.ts'
import { countInWindows } from './call-windows.ts'
import { createChance, type Chance } from './chance.ts'
import { createFigures } from './figures.ts'
import { pauseUntil } from './pause.ts'
import { projectOf } from './project.ts'
import { superviseService } from './service.ts'
import { createMeasuredTill, type MeasuredTill } from './till.ts'

const pubs = 20
/** So many that a balance is never served from memory. */
const guests = 600
const guestEveryMs = 1_000
/** The first pub has so many times the guests of any other: together some 48 calls a second, of 4.8 that are allowed. */
const busyPub = 5
const undoneWithinMs = 30_000

type Share = { asked: number; ok: number }

/**
 * Twenty pubs with one API key ask for ten times what TRIFFT's published limit allows: mostly balances, and now and
 * then a debit that is given back, or one whose answer is lost.
 *
 * @param order `replicas`: so many on a real PostgreSQL behind a round-robin, instead of one with a file
 * @returns the figures of one line
 */
export async function runFlood(order: { seconds: number; seed: number; replicas?: number }) {
  const { seconds, seed, replicas } = order
  const folder = mkdtempSync(join(tmpdir(), 'flood-'))
  const { project, venueIds, cards } = projectOf({ venues: pubs, cards: guests, couponsOfCard: 1 })
  const core = await startCoreSimulator({ limit: publishedLimit, projects: [project] })
  const env = { CORE_BASE_URL: core.url }
  const service = replicas ? await startSeveral(replicas, folder, env) : await startAlone(folder, env)
  const figures = createFigures(() => undefined)
  const chance = createChance(seed)
  const nextCard = createRota(cards)
  const startedAtMs = Date.now()
  const signal = AbortSignal.timeout(seconds * 1_000)
  try {
    const served = await Promise.all(
      venueIds.map((venueId, index) => {
        const till = createMeasuredTill(venueId, service, figures, () => undefined)
        const everyMs = index === 0 ? guestEveryMs / busyPub : guestEveryMs
        return openPub({ till, core, everyMs, chance: chance.fork(), nextCard }, signal)
      }),
    )
    const owedAtEnd = countOwed(core.movements(), served)
    const patience = AbortSignal.timeout(undoneWithinMs)
    while (countOwed(core.movements(), served) > 0 && (await pauseUntil(patience, 100)));
    const owed = countOwed(core.movements(), served)
    return {
      seed,
      seconds,
      replicas: replicas ?? 1,
      ...summarize(served),
      owedAtEnd,
      owed,
      calls: core.calls.length,
      callsInTenSeconds: countInWindows(
        core.calls.map(({ atMs }) => atMs),
        { fromMs: startedAtMs, untilMs: startedAtMs + seconds * 1_000 },
      ),
      rateLimited: core.rateLimited(),
      ...figures.summary(),
      broken: figures.broken.length,
    }
  } finally {
    await service.end()
    await core.close()
    figures.end()
    rmSync(folder, { recursive: true })
  }
}

async function startAlone(folder: string, env: Record<string, string>) {
  const journal = { JOURNAL_PATH: join(folder, 'journal.sqlite') }
  const { url, watch, kill9 } = await superviseService({ ...env, ...journal }, join(folder, 'service.log'))
  return { url, watch, end: kill9 }
}

async function startSeveral(count: number, folder: string, env: Record<string, string>) {
  const ends: (() => Promise<unknown>)[] = []
  const end = async () => {
    for (const each of ends.toReversed()) await each()
  }
  const logFileOf = (replica: number) => join(folder, `replica-${replica}.log`)
  try {
    const { url } = await startReplicas({ count, env, logFileOf, onEnd: (each) => void ends.push(each) })
    return { url, watch: () => () => 'nothing' as const, end }
  } catch (error) {
    await end()
    throw error
  }
}

type Pub = {
  till: MeasuredTill
  core: CoreSimulator
  everyMs: number
  chance: Chance
  nextCard: () => string
}
type Served = Record<'balances' | 'debits' | 'credits', Share> & { told: Set<string> }

/** Guests come whether those before them were served or not. */
async function openPub({ till, core, everyMs, chance, nextCard }: Pub, signal: AbortSignal): Promise<Served> {
  const share = (): Share => ({ asked: 0, ok: 0 })
  /** `told`: redemptions that were answered OK. */
  const served: Served = { balances: share(), debits: share(), credits: share(), told: new Set() }
  const underWay: Promise<void>[] = []

  async function balance() {
    served.balances.asked += 1
    const { kind } = await till.balance({ cardNumber: nextCard() })
    if (kind === 'ok') served.balances.ok += 1
  }

  async function debitAndCredit() {
    served.debits.asked += 1
    const cardNumber = nextCard()
    if (chance.isHit(0.15)) core.faults.next({ operation: 'debit', kind: 'reset', when: 'after' })
    const bill = `${till.venueId}-${served.debits.asked}`
    const heard = await till.debit({ cardNumber, accountNumber: bill, transactionId: bill, points: 1 })
    if (heard.kind !== 'ok') return
    served.debits.ok += 1
    served.told.add(heard.ok.redemptionId ?? '')
    served.credits.asked += 1
    const { kind } = await till.credit({ cardNumber, originalTransactionId: bill })
    if (kind === 'ok') served.credits.ok += 1
  }

  while (await pauseUntil(signal, chance.int(everyMs / 2, everyMs * 1.5)))
    underWay.push(chance.isHit(0.04) ? debitAndCredit() : balance())
  await Promise.all(underWay)
  return served
}

function createRota(cards: string[]) {
  let turn = 0
  return () => cards[turn++ % cards.length] ?? ''
}

/** @returns how many debits the core has done, was not asked to give back, and no till was told of */
function countOwed(movements: Movement[], served: Served[]): number {
  const told = new Set(served.flatMap((pub) => [...pub.told]))
  const givenBack = new Set(
    movements.filter(({ operation }) => operation === 'credit').map(({ reference }) => reference),
  )
  const open = movements.filter(({ reference }) => !told.has(reference) && !givenBack.has(reference))
  return open.length
}

function summarize(served: Served[]) {
  const total = (what: 'balances' | 'debits' | 'credits') => ({
    asked: served.reduce((sum, pub) => sum + pub[what].asked, 0),
    ok: served.reduce((sum, pub) => sum + pub[what].ok, 0),
  })
  const [busy = 0, ...others] = served.map(({ balances }) => balances.ok)
  return {
    balances: total('balances'),
    debits: total('debits'),
    credits: total('credits'),
    balancesOfBusyPub: busy,
    balancesOfOthers: { least: Math.min(...others), most: Math.max(...others) },
  }
}

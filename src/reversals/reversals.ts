import type { Balances } from '../trifft/balances.ts'
import type { DueUndo, Journal, UndoBegun } from '../journal/journal.ts'
import type { CoverId } from '../loyalty/cover-ids.ts'
import { toCredentials } from '../model/keys.ts'
import { giveBack, undoOutcome, type CoreCalls, type RedemptionOrder } from '../loyalty/redemption.ts'
import type { WaitForTurn } from '../loyalty/turns.ts'
import type { Caller } from '../model/words.ts'
import type { Redemption, RedemptionSecret } from '../redemptions/redemption.ts'
import { createExchange } from '../exchange.ts'
import type { Clock, Timers } from '../time/clock.ts'
import { createLoop } from '../time/loop.ts'
import { describeError, type Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'

export type Reversals = ReturnType<typeof createReversals>

type Deps = {
  journal: Pick<Journal, 'dueUndos' | 'beginUndo' | 'record'>
  core: CoreCalls
  balances: Pick<Balances, 'drop'>
  waitForTurn: WaitForTurn
  coverId: CoverId
  clock: Clock
  timers: Timers
  log: Logger
  metrics: Pick<Metrics, 'undos'>
}

/** Nobody waits for an undo, so it has time for a slot and for a slow core. */
const undoWithinMs = 10_000
const lookEveryMs = 1_000
/** At once, and never two of one card. */
const batchSize = 8

/**
 * Makes the till's "not redeemed" true: whatever is in doubt is given back, and a credit whose answer was lost is
 * repeated, until the core has answered or an operator has to decide. All it knows is in the journal, so a crash or
 * a restart changes nothing. What becomes of a row after each answer is in `redemptions/undo.ts`.
 */
export function createReversals(deps: Deps) {
  const loop = createLoop({
    timers: deps.timers,
    step: async () => ((await runDue(deps)) ? 0 : lookEveryMs),
  })
  return {
    /** Looks once after all that is due now; resolves when each has its answer. */
    runDue: () => runDue(deps),
    ...loop,
  }
}

/** @returns whether more may be due and the core is well: then the budget alone sets the pace */
async function runDue(deps: Deps): Promise<boolean> {
  const complain = (error: unknown) =>
    deps.log.warn({ error: describeError(error) }, 'a redemption in doubt could not be looked after')
  const due = await deps.journal.dueUndos(batchSize).catch((error: unknown) => complain(error) ?? [])
  const answers = await Promise.all(due.map((row) => undoInTurn(deps, row).catch(complain)))
  return answers.length === batchSize && answers.every((kind) => kind === 'done' || kind === 'refused')
}

/** @returns the outcome of its call; undefined if none was made */
async function undoInTurn(deps: Deps, { id, ...whose }: DueUndo) {
  const endTurn = await deps.waitForTurn(whose, undoWithinMs)
  if (!endTurn) return undefined
  try {
    // Whoever had the turn before may have settled it.
    const begun = await deps.journal.beginUndo(id)
    return begun && (await undo(deps, begun))
  } finally {
    endTurn()
  }
}

async function undo(deps: Deps, { redemption, secret }: UndoBegun) {
  const { journal, metrics, log, coverId } = deps
  const { id, venueId } = redemption
  const exchange = createExchange(deps.clock, undoWithinMs, { isBackground: true })
  const called = secret && (await giveBack(deps, orderOf(redemption, secret), exchange))
  const outcome =
    called && secret ? undoOutcome(called, secret.cardNumber, coverId) : ({ kind: 'seal_broken' } as const)
  const recorded = await journal.record(id, { kind: 'undo_outcome', outcome, jitter: Math.random() })
  const state = recorded.redemption?.state
  const kind = called?.kind ?? 'seal_broken'
  metrics.undos.inc({ outcome: kind })
  const { coreCalls } = exchange.facts
  log.info({ redemptionId: id, state, outcome: kind, venue: venueId, coreCalls }, 'undo')
  if (state === 'stuck')
    log.error({ redemptionId: id, venue: venueId }, 'a redemption is stuck: an operator has to decide')
  return kind
}

function orderOf(
  { id, what, undoNumber, venue, venueId }: Redemption,
  { apiKey, cardNumber }: RedemptionSecret,
): RedemptionOrder {
  if (!what) throw new Error(`redemption ${id} does not say what it took`)
  const caller: Caller = {
    credentials: toCredentials(venueId, apiKey),
    venue: { id: venueId, coreId: venue, currency: undefined },
  }
  return { caller, cardNumber, what, reference: id, idempotencyKey: `${id}:undo:${undoNumber}` }
}

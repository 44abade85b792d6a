import type { Balances } from '../trifft/balances.ts'
import type { DueUndo, Journal, UndoBegun } from '../journal/journal.ts'
import type { MaskId } from '../loyalty/mask-ids.ts'
import { toCredentials } from '../model/keys.ts'
import { giveBackAtCore, undoOutcome, type CoreCalls, type RedemptionOrder } from '../loyalty/redemption.ts'
import type { Turns } from '../loyalty/turns.ts'
import type { Caller } from '../model/words.ts'
import type { Redemption, RedemptionSecret } from '../redemptions/redemption.ts'
import { undoWithinMs } from '../redemptions/undo.ts'
import { createExchange, type CoreCallFact } from '../exchange.ts'
import type { Clock, Timers } from '../time/clock.ts'
import { createLoop } from '../time/loop.ts'
import { describeError, type Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Tracing } from '../observability/tracing.ts'
import { inTrace } from '../loyalty/traced-parts.ts'
import { inSpan, readTraceparent, type Span } from '../model/span.ts'

export type Reversals = ReturnType<typeof createReversals>

type Deps = {
  journal: Pick<Journal, 'dueUndos' | 'beginUndo' | 'record'>
  core: CoreCalls
  balances: Pick<Balances, 'drop'>
  turns: Turns
  maskId: MaskId
  clock: Clock
  timers: Timers
  log: Logger
  metrics: Pick<Metrics, 'undos'>
  tracing: Pick<Tracing, 'root'>
  /** Called after each try. */
  onUndo?: ((undo: UndoTried) => void) | undefined
}

/** `redemption`: as it was when the call left; `state`: what it is now. */
type UndoTried = {
  redemption: Redemption
  outcome: string
  state: string | undefined
  coreCalls: CoreCallFact[]
}

const lookEveryMs = 1_000
/** How many run at once; those of one card take turns. */
const batchSize = 8

/**
 * The undo worker makes the till's "not redeemed" true: it gives back what is in doubt, and repeats credits whose
 * answer was lost, until the core has answered or an operator has to decide. All its state is in the journal, so it
 * survives a crash. How a row changes after each answer is in `redemptions/undo.ts`.
 */
export function createReversals(deps: Deps) {
  const loop = createLoop({
    timers: deps.timers,
    step: async () => ((await runDue(deps)) ? 0 : lookEveryMs),
  })
  return {
    /** Runs the undos that are due now, a batch at most; resolves when each has its answer. */
    runDue: () => runDue(deps),
    ...loop,
  }
}

/** @returns whether more may be due and the core answers, so that the next batch can follow at once */
async function runDue(deps: Deps): Promise<boolean> {
  const logFailure = (error: unknown) =>
    deps.log.warn({ error: describeError(error) }, 'an undo could not be carried out')
  const due = await deps.journal.dueUndos(batchSize).catch((error: unknown) => logFailure(error) ?? [])
  const answers = await Promise.all(due.map((row) => undoInTurn(deps, row).catch(logFailure)))
  return answers.length === batchSize && answers.every((kind) => kind === 'done' || kind === 'refused')
}

/** @returns the outcome of its call; undefined if none was made */
async function undoInTurn(parts: Deps, due: DueUndo) {
  const span = parts.tracing.root('undo', 'internal', due.trace === undefined ? [] : [due.trace])
  const deps = inTrace(parts, span)
  const endTurn = await deps.turns.waitFor(due, undoWithinMs)
  if (!endTurn) return undefined
  try {
    // A credit that had the turn before may have settled it.
    const begun = await deps.journal.beginUndo(due)
    return begun && (await inSpan(span, () => undo(deps, begun, span)))
  } finally {
    endTurn()
  }
}

async function undo(deps: Deps, { redemption, secret }: UndoBegun, span: Span) {
  const { journal, metrics, log, maskId } = deps
  const { id, venueId, trace } = redemption
  const exchange = createExchange(deps.clock, undoWithinMs, { span, isBackground: true })
  const called = secret && (await giveBackAtCore(deps, orderOf(redemption, secret), exchange))
  const outcome =
    called && secret ? undoOutcome(called, secret.cardNumber, maskId) : ({ kind: 'seal_broken' } as const)
  const callId = redemption.call?.id
  const event = { kind: 'undo_outcome', outcome, callId, jitter: Math.random() } as const
  const recorded = await journal.record(redemption, event)
  const state = recorded.redemption?.state
  const kind = called?.kind ?? 'seal_broken'
  metrics.undos.inc({ outcome: kind })
  const { coreCalls } = exchange.facts
  const traces = { traceId: span.traceId, debitTraceId: readTraceparent(trace)?.traceId }
  log.info({ redemptionId: id, ...traces, state, outcome: kind, venue: venueId, coreCalls }, 'undo')
  deps.onUndo?.({ redemption, outcome: kind, state, coreCalls })
  if (state === 'stuck')
    log.error(
      { redemptionId: id, ...traces, venue: venueId },
      'a redemption is stuck: an operator has to decide',
    )
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

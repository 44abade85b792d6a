import { setTimeout as pause } from 'node:timers/promises'
import { readConfig } from '../../../src/config/config.ts'
import { openJournalBeside } from '../../../src/journal/open.ts'
import type { RedemptionRecord } from '../../../src/redemptions/record.ts'
import { createLogger } from '../../../src/observability/logger.ts'
import { createMetrics } from '../../../src/observability/metrics.ts'
import { systemClock } from '../../../src/time/clock.ts'
import { referenceOf, type Wire } from './wire.ts'

const lookEveryMs = 250

/**
 * Looks into the journal of a running service, as an operator's command does, and tells the wire what has been written
 * there about the redemptions and bills that have come along.
 * @param env where the journal is
 */
export async function watchJournal(env: Record<string, string>, wire: Wire) {
  const { journal: config } = readConfig({ HOST: '127.0.0.1', ...env })
  const deps = { clock: systemClock, log: createLogger('silent'), metrics: createMetrics() }
  const journal = await openJournalBeside(config, deps)
  /** What was told of each redemption; and those of which more may come. */
  const told = new Map<string, Set<string>>()
  const open = new Set<string>()
  const waiting = new Set<string>()
  const over = new AbortController()

  wire.events.on('step', (_, step) => {
    const reference = step.kind === 'call' ? referenceOf(step.call) : undefined
    if (reference) open.add(reference)
  })

  async function look() {
    for (const id of open) {
      const record = await journal.findRedemption(id)
      if (!record) continue
      if (isSettled(record)) open.delete(id)
      const before = told.get(id) ?? new Set()
      told.set(id, before)
      for (const line of describe(record).filter((line) => !before.has(line))) {
        before.add(line)
        wire.written(id, line)
      }
    }
    const tickets = await journal.waitingTickets(100)
    for (const { closed } of tickets) {
      const { ticketId } = closed.ticket
      if (waiting.has(ticketId)) continue
      waiting.add(ticketId)
      wire.bill(ticketId, { kind: 'written', text: `bill ${ticketId}: in the journal, waits for Kafka` })
    }
    for (const id of waiting)
      if (!tickets.some(({ closed }) => closed.ticket.ticketId === id)) waiting.delete(id)
  }

  /** A journal that is busy or away is looked at again. */
  async function lookOnAndOn() {
    while (!over.signal.aborted) {
      await look().catch(() => undefined)
      await pause(lookEveryMs, undefined, { signal: over.signal }).catch(() => undefined)
    }
  }
  const looking = lookOnAndOn()

  return {
    /** The bills that are not in Kafka. */
    waiting: waiting as ReadonlySet<string>,
    async close() {
      over.abort()
      await looking
      await journal.close()
    },
  }
}

function isSettled({ state, answeredAtMs, undo }: RedemptionRecord): boolean {
  if (state === 'confirmed') return answeredAtMs !== undefined && undo === undefined
  return state === 'refused' || state === 'not_done' || state === 'reversed' || state === 'credited'
}

/** What a row says has happened, in order. */
function describe({ id, sentAtMs, confirmedAtMs, answeredAtMs, undo, state }: RedemptionRecord): string[] {
  const happened = [
    sentAtMs !== undefined && 'about to be taken',
    state === 'refused' && 'refused by the core',
    state === 'not_done' && 'not done',
    confirmedAtMs !== undefined && 'taken',
    answeredAtMs !== undefined && 'the till has its OK',
    undo?.by === 'doubt' && 'in doubt: to be given back',
    undo?.by === 'till' && 'to be given back, as the till says',
    (state === 'reversed' || state === 'credited') && 'given back',
    state === 'stuck' && 'stuck: an operator has to decide',
  ]
  return happened.flatMap((line) => (line ? [`redemption ${id.slice(0, 8)}: ${line}`] : []))
}

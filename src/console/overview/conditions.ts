import type { JournalCounts } from '../../journal/stats.ts'
import { meaningOf, seconds } from '../../timeline/core-words.ts'
import type { SilentVenue } from '../../timeline/silent.ts'
import type { Outcomes } from './last-day.ts'
import type { Status } from './status.ts'

/** Something that is wrong. `alert`: the alert for it, whose runbook says what to do; `sinceMs`: undefined if not known. */
export type Condition = { alert: string; text: string; sinceMs: number | undefined }

export type ConditionFacts = {
  status: Status
  /** Undefined if the journal cannot be read. */
  counts: JournalCounts | undefined
  /** Of the last half hour; undefined without a diary. */
  recent: Outcomes | undefined
  silent: SilentVenue[]
  /** Of several replicas: whether one of them publishes the tickets. */
  hasRelay: boolean
}

const minuteMs = 60_000
/** As in the alerts: `helm/alerts/adapter.rules.yaml` says why. */
const maxDoubtMs = 10 * minuteMs
const maxWaitMs = 30 * minuteMs
const shares = { failed: 0.25, hungUp: 0.02 }
/** With fewer a share says nothing. */
const minMessages = 20
const minHangUps = 5

/** @returns what is wrong, what harms guests first */
export function findConditions(facts: ConditionFacts, nowMs: number): Condition[] {
  return [
    ...ofJournal(facts),
    ...ofTills(facts),
    ...ofRedemptions(facts, nowMs),
    ...ofTickets(facts, nowMs),
    ...ofCore(facts),
  ]
}

function ofJournal({ status: { trouble, durability } }: ConditionFacts): Condition[] {
  return [
    ...(trouble === undefined ? [] : [now('ZonalJournalTrouble', `The journal is in trouble: ${trouble}.`)]),
    ...(durability?.level === 'memory' || durability?.level === 'unknown'
      ? [now('ZonalDatabaseNotDurable', `Commits of the database are ${durability.text}.`)]
      : []),
  ]
}

function ofTills({ recent, silent }: ConditionFacts): Condition[] {
  const found: Condition[] = []
  if (recent) {
    const { ok, refused, failed, hungUp } = recent
    const all = ok + refused + failed + hungUp
    if (all > minMessages && failed / all > shares.failed)
      found.push(
        now(
          'ZonalTillsPutOff',
          `${percent(failed / all)} of what tills asked in the last half hour was answered with "try again".`,
        ),
      )
    if (hungUp > minHangUps && hungUp / all > shares.hungUp)
      found.push(
        now(
          'ZonalTillsHangUp',
          `For ${percent(hungUp / all)} of the messages of the last half hour, the till hung up before its answer was sent.`,
        ),
      )
  }
  if (silent.length > 0) {
    const names = silent.slice(0, 5).map(({ venueId }) => venueId)
    const more = silent.length > names.length ? ` and ${silent.length - names.length} more` : ''
    const text = `Venues that usually send something at this time of the day are silent: ${names.join(', ')}${more}.`
    found.push({ alert: 'ZonalTillsSilent', text, sinceMs: silent[0]?.lastHeardAtMs })
  }
  return found
}

function ofRedemptions({ counts }: ConditionFacts, nowMs: number): Condition[] {
  if (!counts) return []
  const { open, oldestInDoubtAtMs } = counts
  const isLong = oldestInDoubtAtMs !== undefined && nowMs - oldestInDoubtAtMs > maxDoubtMs
  return [
    ...(open.stuck > 0
      ? [
          now(
            'ZonalRedemptionsStuck',
            `${several(open.stuck, 'redemption is', 'redemptions are')} stuck: an operator has to decide.`,
          ),
        ]
      : []),
    ...(isLong
      ? [
          {
            alert: 'ZonalRedemptionsInDoubt',
            text: 'A redemption has been in doubt for more than ten minutes; its reward is held until that is settled.',
            sinceMs: oldestInDoubtAtMs,
          },
        ]
      : []),
  ]
}

function ofTickets({ counts, status, hasRelay }: ConditionFacts, nowMs: number): Condition[] {
  const found: Condition[] = []
  const { oldestTicketAtMs, ticketsWaiting = 0, deadLetters = 0 } = counts ?? {}
  if (oldestTicketAtMs !== undefined && nowMs - oldestTicketAtMs > maxWaitMs)
    found.push({
      alert: 'ZonalTicketsNotPublished',
      text: `${several(ticketsWaiting, 'ticket waits', 'tickets wait')} to be published to Kafka.`,
      sinceMs: oldestTicketAtMs,
    })
  if (status.kafka === 'not_connected')
    found.push({
      alert: 'ZonalKafkaUnreachable',
      text: 'Kafka cannot be reached: tickets wait in the journal.',
      sinceMs: oldestTicketAtMs,
    })
  if (!hasRelay && ticketsWaiting > 0)
    found.push(now('ZonalRelayMissing', 'Tickets wait, and no replica sends them.'))
  if (deadLetters > 0)
    found.push(
      now(
        'ZonalDeadLettersGrow',
        `${several(deadLetters, 'ticket is a dead letter', 'tickets are dead letters')}: they could not be read, or Kafka refused them.`,
      ),
    )
  return found
}

function ofCore({ status: { breakers, hold } }: ConditionFacts): Condition[] {
  const stopped = Object.entries(breakers)
    .filter(([, state]) => state === 'open')
    .map(([operation]) => operation)
  const left = hold?.forMs === undefined ? '' : ` for ${seconds(hold.forMs)} more`
  return [
    ...(hold?.reason === 'blocked'
      ? [now('ZonalCoreBlocked', `TRIFFT has answered 429: nothing is sent to it${left}.`)]
      : []),
    ...(hold && hold.reason !== 'blocked'
      ? [
          now(
            'ZonalCoreBudgetShort',
            `No call is sent to TRIFFT${left}: ${meaningOf(`not sent (${hold.reason})`) ?? hold.reason}.`,
          ),
        ]
      : []),
    ...(stopped.length > 0
      ? [
          now(
            'ZonalCoreBreakerOpen',
            `Most calls to TRIFFT fail, so these are stopped: ${stopped.join(', ')}.`,
          ),
        ]
      : []),
  ]
}

function now(alert: string, text: string): Condition {
  return { alert, text, sinceMs: undefined }
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

function several(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`
}

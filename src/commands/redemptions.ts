import type { Acted } from '../journal/acts.ts'
import type { Act } from '../journal/audit.ts'
import type { Journal } from '../journal/journal.ts'
import type { RedemptionFilter } from '../journal/look-ups.ts'
import type { What } from '../model/words.ts'
import type { RedemptionRecord } from '../redemptions/record.ts'
import { redemptionStates, type RedemptionState } from '../redemptions/redemption.ts'
import { actOf, actOptions, decisionOf, type ActOptions } from './act-of.ts'
import { CommandFailed, runCommand, UsageWrong, type Action, type Answer } from './command.ts'
import { toTable, toTime } from './lines.ts'
import { readSince, refuseMore, refuseOptions, unknownVerb } from './options.ts'

const usage = `Usage:
  redemptions stuck                                 lists what an operator has to decide, oldest first
  redemptions list                                  lists redemptions, most recently changed first
  redemptions show ID                               shows one
  redemptions retry ID                              if stuck: tries again to give it back
  redemptions settle ID reversed|taken --why TEXT   if stuck or in doubt: closes it without asking the core
Options:
  --state STATE,…   with list: only ${redemptionStates.join(', ')}
  --venue VENUE     with list: only of this Aztec venue ID
  --since TIME      with list: settled ones that have changed since; an ISO 8601 time, or 30m, 12h, 7d (default: 24h)
  --why TEXT        with settle and retry: kept for whoever asks later
  --who NAME        with settle and retry (default: the name of the system user)
  --json            for scripts
`

const options = {
  state: { type: 'string' },
  venue: { type: 'string' },
  since: { type: 'string' },
  ...actOptions,
} as const
type Options = { [Name in keyof typeof options]?: string | undefined }

/** Acts whatever the state is now. */
const anyState = { seenState: undefined }

/** One look-up prints no more. */
const maxListed = 200

await runCommand(usage, options, choose)

function choose({ words, state, venue, since, why, who }: Options & { words: string[] }): Action {
  const [verb, written, as, ...more] = words
  const id = written?.toLowerCase()
  refuseOptions({ why, who }, verb === 'settle' || verb === 'retry', 'settle and retry')
  refuseOptions({ state, venue, since }, verb === 'list', 'list')
  refuseMore(more)
  if (verb === 'stuck' && id === undefined) return ({ journal }) => listStuck(journal)
  if (verb === 'list' && id === undefined) {
    const filter = { states: readStates(state), venueId: venue, sinceMs: readSince(since ?? '24h') }
    return ({ journal }) => list(journal, { ...filter, limit: maxListed + 1 })
  }
  if (id === undefined) throw new UsageWrong(verb ? `${verb}: which redemption?` : 'which command?')
  if (verb === 'settle') return chooseSettle(id, as, { why, who })
  if (as !== undefined) refuseMore([as])
  if (verb === 'show') return ({ journal }) => show(journal, id)
  if (verb === 'retry') return ({ journal }) => retry(journal, id, actOf({ who, why }))
  throw unknownVerb(verb)
}

function readStates(text: string | undefined): RedemptionState[] | undefined {
  return text?.split(',').map((name) => {
    const state = redemptionStates.find((each) => each === name.trim())
    if (!state)
      throw new UsageWrong(`--state: there is no state ${name}: it is ${redemptionStates.join(', ')}`)
    return state
  })
}

function chooseSettle(id: string, as: string | undefined, options: ActOptions): Action {
  if (as !== 'reversed' && as !== 'taken') throw new UsageWrong('settle: reversed or taken?')
  const act = decisionOf('settle', options)
  return async ({ journal }) => {
    const acted = await journal.acts.settle(id, as, act, anyState)
    return answer(id, acted, 'stuck or in doubt', `is settled as ${as}`)
  }
}

async function listStuck(journal: Journal): Promise<Answer> {
  const stuck = await journal.stuckRedemptions()
  if (stuck.length === 0) return { text: 'nothing is stuck', json: [] }
  const rows = stuck.map((record) => [
    record.id,
    toTime(record.createdAtMs),
    record.venueId,
    record.account ?? '-',
    record.cardMasked,
    toText(record.what),
    record.undo?.last ?? '-',
  ])
  const heads = ['ID', 'SINCE', 'VENUE', 'ACCOUNT', 'CARD', 'WHAT', 'LAST ANSWER']
  return { text: toTable([heads, ...rows]), json: stuck }
}

async function list(journal: Journal, filter: RedemptionFilter): Promise<Answer> {
  const found = await journal.lookUps.listRedemptions(filter)
  if (found.length === 0) return { text: 'there are none', json: [] }
  const listed = found.slice(0, maxListed)
  const rows = listed.map((record) => [
    record.id,
    record.state,
    toTime(record.createdAtMs),
    record.venueId,
    record.account ?? '-',
    record.cardMasked,
    toText(record.what),
  ])
  const heads = ['ID', 'STATE', 'CREATED', 'VENUE', 'ACCOUNT', 'CARD', 'WHAT']
  const more =
    found.length > maxListed ? `\n\nThere are more: narrow it down by --state, --venue or --since.` : ''
  return { text: toTable([heads, ...rows]) + more, json: listed }
}

async function show(journal: Journal, id: string): Promise<Answer> {
  const record = await journal.findRedemption(id)
  if (!record) throw notFound(id)
  return { text: toTable(describe(record)), json: record }
}

async function retry(journal: Journal, id: string, act: Act): Promise<Answer> {
  return answer(id, await journal.acts.retry(id, act, anyState), 'stuck', 'is in doubt again, and due now')
}

function answer(id: string, { outcome, redemption }: Acted, expected: string, done: string): Answer {
  if (redemption === undefined) throw notFound(id)
  const { state } = redemption
  if (outcome !== 'done') throw new CommandFailed(`redemption ${id} is ${state}, not ${expected}`)
  return { text: `redemption ${id} ${done}`, json: { id, state } }
}

function notFound(id: string): CommandFailed {
  return new CommandFailed(`there is no redemption ${id}`)
}

function describe({ undo, settled, ...record }: RedemptionRecord): string[][] {
  return [
    ['redemption', record.id],
    ['state', record.state],
    ['what', toText(record.what)],
    ['card', record.cardMasked],
    ['venue', record.venueId],
    ['account', record.account ?? '-'],
    ['trace', record.traceId ?? '-'],
    ['attempt', String(record.attempt)],
    ['created', toTime(record.createdAtMs)],
    ['sent', toTime(record.sentAtMs)],
    ['confirmed', toTime(record.confirmedAtMs)],
    ['answered', toTime(record.answeredAtMs)],
    ...(record.call ? [['a call is under way until', toTime(record.call.untilMs)]] : []),
    ...(undo
      ? [
          ['undo requested', toTime(undo.sinceMs)],
          [
            'requested by',
            undo.by === 'till' ? 'the till, by a credit' : 'the service: the till never got its OK',
          ],
          ['calls', `${undo.calls}, of which ${undo.refusals} were refused`],
          ['last answer', undo.last ?? '-'],
          ['next call', toTime(undo.dueAtMs)],
        ]
      : []),
    ...(settled
      ? [
          ['settled by', settled.by],
          ['settled', toTime(settled.atMs)],
          ['why', settled.why],
        ]
      : []),
  ]
}

function toText(what: What | undefined): string {
  if (what === undefined) return 'unknown'
  return what.kind === 'coupon' ? `coupon ${what.rewardId}` : `${what.points} points`
}

import { userInfo } from 'node:os'
import type { Journal, Recorded } from '../journal/journal.ts'
import type { What } from '../model/words.ts'
import type { RedemptionRecord } from '../redemptions/record.ts'
import { CommandFailed, runCommand, UsageWrong, type Action, type Answer, type Arguments } from './command.ts'
import { toTable, toTime } from './lines.ts'

const usage = `Usage:
  redemptions stuck                                 what an operator has to decide, the oldest first
  redemptions show ID
  redemptions retry ID                              stuck: give it back once more, from now on
  redemptions settle ID reversed|taken --why TEXT   stuck or in doubt: close it; the core is not asked
Options: --json; --who NAME, with settle (else the name of the system's user)
`

await runCommand(usage, choose)

function choose({ words, why, who }: Arguments): Action {
  const [verb, id, as, ...more] = words
  if (verb !== 'settle' && (why ?? who) !== undefined) throw new UsageWrong('--why and --who go with settle')
  if (more.length > 0) throw new UsageWrong(`too many words, from ${more[0]} on`)
  if (verb === 'stuck' && id === undefined) return ({ journal }) => listStuck(journal)
  if (id === undefined) throw new UsageWrong(verb ? `${verb}: of which redemption?` : 'which command?')
  if (verb === 'settle') return chooseSettle(id, as, { why, who })
  if (as !== undefined) throw new UsageWrong(`too many words, from ${as} on`)
  if (verb === 'show') return ({ journal }) => show(journal, id)
  if (verb === 'retry') return ({ journal }) => retry(journal, id)
  throw new UsageWrong(`there is no command ${verb}`)
}

function chooseSettle(id: string, as: string | undefined, { why, who }: Omit<Arguments, 'words'>): Action {
  if (as !== 'reversed' && as !== 'taken') throw new UsageWrong('settle: as reversed, or as taken?')
  if (!why?.trim()) throw new UsageWrong('settle: --why is needed, for whoever asks later')
  const by = who?.trim() || systemUser()
  return async ({ journal }) => {
    const recorded = await journal.record(id, { kind: 'settled_by_operator', decision: { as, by, why } })
    return say(id, recorded, 'stuck or in doubt', `is settled as ${as}`)
  }
}

/** A container may run as a user that has no name. */
function systemUser(): string {
  try {
    return userInfo().username
  } catch (error) {
    throw new UsageWrong('settle: --who is needed: the system does not know your name', { cause: error })
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

async function show(journal: Journal, id: string): Promise<Answer> {
  const record = await journal.findRedemption(id)
  if (!record) throw unknown(id)
  return { text: toTable(describe(record)), json: record }
}

async function retry(journal: Journal, id: string): Promise<Answer> {
  const recorded = await journal.record(id, { kind: 'retried_by_operator' })
  return say(id, recorded, 'stuck', 'is in doubt again, and due now')
}

function say(id: string, { redemption, isChanged }: Recorded, expected: string, done: string): Answer {
  if (redemption === undefined) throw unknown(id)
  const { state } = redemption
  if (!isChanged) throw new CommandFailed(`redemption ${id} is ${state}: it would have to be ${expected}`)
  return { text: `redemption ${id} ${done}`, json: { id, state } }
}

function unknown(id: string): CommandFailed {
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
    ['attempt', String(record.attempt)],
    ['created', toTime(record.createdAtMs)],
    ['sent', toTime(record.sentAtMs)],
    ['confirmed', toTime(record.confirmedAtMs)],
    ['answered', toTime(record.answeredAtMs)],
    ...(undo
      ? [
          ['asked back by', undo.by === 'till' ? 'a credit of the till' : 'us, since the till was not told'],
          ['asked back since', toTime(undo.sinceMs)],
          ['calls', `${undo.calls}, of them refused ${undo.refusals}`],
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
  if (what === undefined) return 'not known'
  return what.kind === 'coupon' ? `coupon ${what.rewardId}` : `${what.points} points`
}

import type { DiaryEntry, EntryFacts } from '../diary/entry.ts'
import { nameOf, type AuditEntry } from '../journal/audit.ts'
import { isCode } from '../model/refusal.ts'
import type { What } from '../model/words.ts'
import type { RedemptionRecord } from '../redemptions/record.ts'
import { lookUp, type Language } from '../zonal/catalogue.ts'
import { meaningOf, seconds, tellCall } from './core-words.ts'

/** One thing that happened: what, and what belongs to it, in sentences. */
export type EventText = { title: string; details: string[] }

/** @returns what a row of the diary says, in the words that the operator saw */
export function tellEntry(entry: DiaryEntry, language: Language): EventText {
  if (entry.message === 'undo') return tellUndo(entry)
  if (entry.message === 'published') return tellPublished(entry)
  const { facts, requestId } = entry
  return {
    title: `${tellAsked(entry)}.`,
    details: [
      ...(facts.coreCalls ?? []).map(tellCall),
      tellHeard(entry, language),
      ...tellWhy(entry, language),
      `Request ${requestId}, answered in ${seconds(facts.durationMs ?? 0)} by ${entry.replica}.`,
    ],
  }
}

function tellAsked({
  message,
  cardMasked,
  transactionId,
  ticketId,
  redemptionId,
  facts,
}: DiaryEntry): string {
  const card = cardMasked === undefined ? 'a card' : `card ${cardMasked}`
  const reference = transactionId === undefined ? '' : ` (the till's reference: ${transactionId})`
  switch (message) {
    case 'balance':
      return `The till asked what ${card} is worth`
    case 'debit':
      return `The till asked to redeem ${tellAmount(facts)} from ${card}${reference}`
    case 'credit': {
      const amount =
        facts.rewardId === undefined && facts.points === undefined ? 'what was redeemed' : tellAmount(facts)
      const of = redemptionId === undefined ? '' : `, redemption ${redemptionId}`
      return `The till asked to give ${amount} back to ${card}${of}${reference}`
    }
    case 'ticket': {
      const on = cardMasked === undefined ? 'without a card' : `with ${card}`
      return `The till sent the closed bill, ticket ${ticketId ?? 'without a readable id'}, ${on}`
    }
    default:
      return 'The till sent a message that cannot be read'
  }
}

function tellAmount({ rewardId, points }: EntryFacts): string {
  if (points !== undefined) return `${points} points`
  return rewardId === undefined ? 'a reward' : `coupon ${rewardId}`
}

function tellHeard({ message, code, facts }: DiaryEntry, language: Language): string {
  const { unheardCode, durationMs = 0, isReplayed } = facts
  if (unheardCode !== undefined)
    return `The till hung up after ${seconds(durationMs)}. It would have heard ${quote(unheardCode, facts, language)}.`
  if (code !== 'OK') return `The operator saw ${quote(code, facts, language)}.`
  if (isReplayed) return 'It was a repeat: the till heard the first answer again, OK.'
  return message === 'ticket' ? 'The till heard OK: the ticket is taken.' : 'The till heard OK.'
}

/** @returns the text on the till, and the code */
function quote(code: string, { field, reason }: EntryFacts, language: Language): string {
  if (!isCode(code)) return code
  // The text of such a refusal names the field instead.
  const { text } =
    field !== undefined && reason !== undefined ? { text: `${field} ${reason}` } : lookUp(code, language)
  return `"${text}" (${code})`
}

function tellWhy({ code, facts }: DiaryEntry, language: Language): string[] {
  const heard = facts.unheardCode ?? code
  if (!isCode(heard)) return []
  const { reason, field, coreCalls = [] } = facts
  const isTold = field !== undefined || coreCalls.some((call) => call.reason === reason)
  const meaning = meaningOf(reason) ?? (isTold ? undefined : reason)
  return [
    ...(meaning === undefined ? [] : [`Why: ${meaning}.`]),
    ...(facts.isKept ? ['The ticket is kept as a dead letter.'] : []),
    `What the operator should do: ${lookUp(heard, language).action}`,
  ]
}

const undoOutcomes: Record<string, string> = {
  done: 'TRIFFT gave it back',
  refused: 'TRIFFT refused',
  not_done: 'TRIFFT could not be asked',
  unknown: 'TRIFFT gave no answer that can be read',
  seal_broken: 'its card and key cannot be read any more',
}

/** What a state means after a try to give back. */
const afterUndo: Record<string, string> = {
  reversed: 'Nothing is taken.',
  credited: 'The guest has it back.',
  in_doubt: 'It will be tried again.',
  confirmed: 'It will be tried again.',
  stuck: 'It is not tried any more: an operator has to decide.',
}

function tellUndo({ code, redemptionId, facts }: DiaryEntry): EventText {
  const outcome = undoOutcomes[code] ?? code
  const now = afterUndo[facts.state ?? ''] ?? ''
  return {
    title:
      `The service tried by itself to give back what redemption ${redemptionId} took: ${outcome}. ${now}`.trimEnd(),
    details: (facts.coreCalls ?? []).map(tellCall),
  }
}

function tellPublished({ eventId, facts: { topic, partition, offset } }: DiaryEntry): EventText {
  return {
    title: `Kafka has the ticket: topic ${topic}, partition ${partition}, offset ${offset}.`,
    details: [`Event ${eventId}.`],
  }
}

/** @returns what somebody decided about a redemption, as the audit has it */
export function tellAct(entry: AuditEntry): EventText {
  const { act, target, after, why } = entry
  const name = nameOf(entry)
  const title =
    act === 'retry'
      ? `${name} had the service try again to give back redemption ${target}.`
      : tellSettled(name, target, after === 'settled as taken')
  return { title, details: why === undefined ? [] : [`Why: ${why}`] }
}

/** @returns the same of a decision that was made before there was an audit */
export function tellDecision({ id, state, settled }: RedemptionRecord): EventText | undefined {
  if (!settled) return undefined
  const title = tellSettled(settled.by, id, state === 'confirmed')
  return { title, details: [`Why: ${settled.why}`] }
}

function tellSettled(who: string, id: string, isTaken: boolean): string {
  return `${who} settled redemption ${id} as ${isTaken ? 'taken: the guest had it' : 'not taken'}.`
}

/** @returns how a redemption stands now, as a sentence */
export function tellState(record: RedemptionRecord, language: Language): string {
  const name = record.rewardName === undefined ? '' : ` ("${record.rewardName}")`
  return `Redemption ${record.id}: ${tellWhat(record.what)}${name} ${tellStateOf(record, language)}`
}

/** @returns a coupon or a number of points, in words */
export function tellWhat(what: What | undefined): string {
  if (what === undefined) return 'an unknown reward or amount'
  return what.kind === 'coupon' ? `coupon ${what.rewardId}` : `${what.points} points`
}

function tellStateOf(
  { state, answeredAtMs, undo, refusedWith, settled }: RedemptionRecord,
  language: Language,
): string {
  switch (state) {
    case 'sent':
      return 'is being redeemed just now.'
    case 'not_done':
      return 'was not taken: TRIFFT could not be asked.'
    case 'refused':
      return `was not taken: TRIFFT refused${refusedWith ? ` ("${lookUp(refusedWith, language).text}")` : ''}.`
    case 'confirmed':
      if (settled) return 'is taken: an operator has decided so.'
      if (undo) return 'is taken, and is being given back, as the till has asked. This goes on by itself.'
      return answeredAtMs === undefined
        ? 'is taken, and its OK is on its way to the till.'
        : 'is taken, and the till has heard OK.'
    case 'credited':
      return 'was taken and has been given back, as the till had asked.'
    case 'in_doubt':
      return 'may be taken, though the till did not hear OK. It is being given back; this goes on by itself.'
    case 'reversed':
      return settled ? 'is not taken: an operator has decided so.' : 'is not taken: the guest has it.'
    case 'stuck':
      return 'may be taken, though the till did not hear OK, and could not be given back. An operator has to decide.'
  }
}

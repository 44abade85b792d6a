import type { Reward } from '../../../src/model/words.ts'
import { codes, Refusal } from '../../../src/model/refusal.ts'
import { explain } from '../../../src/zonal/catalogue.ts'
import type { Answer, AnswerIds, Dialect, Redeemed, Refused, Reply } from '../../../src/zonal/dialect.ts'
import { createNamedRemover } from '../../../src/zonal/messages/credential-fields.ts'
import {
  operationUnknown,
  type RawFields,
  type RawMessage,
  type UnknownMessage,
} from '../../../src/zonal/messages/raw-message.ts'
import { RequestInvalid } from '../../../src/zonal/messages/request-invalid.ts'
import { fieldOf, lists, names, operations, spell } from './names.ts'
import { findSecrets, redactBody, redactReply } from './redact.ts'
import { parseXml, write, writeIfKnown, type Element } from './xml.ts'

/**
 * An invented dialect that differs from JSON in every way it can: elements, pence, one address, the till's reference in
 * every answer, numbers for codes, and always 200.
 */
export const xml: Dialect = {
  name: 'xml',
  claims: ({ mediaType }) => mediaType === 'text/xml' || mediaType === 'application/xml',
  operationAt: () => 'inside',
  read: ({ text }) => read(text),
  writeAnswer,
  writeRefusal,
  spell,
  redaction: {
    pathWords: new Set(),
    fieldOf,
    findSecrets,
    redactBody,
    redactReply,
    removeCredentials: createNamedRemover(['User', 'Key']),
  },
}

function read(text: string): RawMessage | UnknownMessage {
  const root = parseXml(text)
  if (!root) throw new Refusal('MESSAGE_UNREADABLE', { message: 'the body is no XML' })
  const reference = root.attributes.ref
  if (root.name === 'Register')
    return { operation: undefined, problem: new Refusal('NOT_SUPPORTED'), reference }
  if (!Object.hasOwn(operations, root.name))
    return { operation: undefined, problem: operationUnknown(), reference }
  const operation = operations[root.name as keyof typeof operations]
  const fields = toFields(root, names[operation])
  const twice = root.children.find(({ name }, index) => findTwin(root.children, name, index))
  const problem = twice && new RequestInvalid(twice.name, 'is given twice with different values')
  return { operation, fields, amountUnit: 'minor', problem, reference }
}

function findTwin(children: Element[], name: string, index: number): boolean {
  const twin = children.findIndex((child) => child.name === name)
  return twin < index && children[twin]?.text !== children[index]?.text
}

function toFields({ children }: Element, ours: Record<string, string>): RawFields {
  const fields: RawFields = Object.create(null)
  for (const child of children) {
    const field = Object.hasOwn(ours, child.name) ? ours[child.name] : undefined
    if (field === undefined) continue
    const entries = lists[field]
    fields[field] = entries ? child.children.map((entry) => toFields(entry, entries)) : child.text.trim()
  }
  return fields
}

function toReply(
  result: number,
  ids: AnswerIds,
  content: string[],
  more: Record<string, string> = {},
): Reply {
  const attributes = { ref: ids.reference, id: ids.requestId, result, ...more }
  const headers = { 'Content-Type': 'application/xml; charset=utf-8' }
  return { status: 200, headers, body: write('Reply', content, attributes) }
}

function writeAnswer(answer: Answer, ids: AnswerIds): Reply {
  return toReply(0, ids, contentOf(answer))
}

function contentOf(answer: Answer): string[] {
  switch (answer.to) {
    case 'balance': {
      const { member, rewards, asOfMs, isStale } = answer.balance
      return [
        write('Card', answer.cardNumber),
        writeIfKnown('Member', member.name),
        writeIfKnown('Program', member.program),
        writeIfKnown('Points', member.points),
        write('Rewards', rewards.map(toReward)),
        write('AsOf', new Date(asOfMs).toISOString()),
        write('Stale', isStale ? 1 : 0),
      ]
    }
    case 'debit':
    case 'credit':
      return toRedemption(answer)
    case 'ticket':
      return [write('Ticket', answer.ticketId), write('Duplicate', answer.isDuplicate ? 1 : 0)]
    case 'address check':
      return [write('Service', answer.service), write('Version', answer.version)]
  }
}

function toRedemption({ transactionId, redemptionId, what, moved }: Redeemed): string[] {
  const common = [writeIfKnown('Transaction', transactionId), write('Redemption', redemptionId)]
  if (what.kind === 'coupon') return [...common, toReward(moved.reward ?? { id: what.rewardId })]
  return [...common, write('Moved', what.points), writeIfKnown('Points', moved.pointsLeft)]
}

function toReward({ id, name, cost, entityCode, discountId }: Reward): string {
  return write('Reward', undefined, { id, name, cost, promotion: entityCode, discount: discountId })
}

/** The numbers that this dialect has for codes. */
export function numberOf(code: Refusal['code']): number {
  return 100 + codes.indexOf(code)
}

function writeRefusal({ refusal, settings }: Refused, ids: AnswerIds): Reply {
  const { text, action, retry } = explain(refusal, settings.language, spell)
  const content = [write('Text', text), write('Action', action)]
  return toReply(numberOf(refusal.code), ids, content, { retry: retry ? '1' : '0' })
}

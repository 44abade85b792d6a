import { codes } from '../../../src/model/refusal.ts'
import { basic, type Encoded, type Login } from '../../simulators/till/encode.ts'
import type { Operation, TillMessage, TillReply } from '../../simulators/till/messages.ts'
import type { IsOpen, RecordedBody, TillDialect } from '../../simulators/till/wording.ts'
import { parseXml, write, type Element } from './xml.ts'

/** The reverse of the dialect, written from the till's side. */
export const till: TillDialect = {
  wordings: [
    { name: 'XML', encode: (operation, message, login) => encode(operation, message, login), decode },
    {
      name: 'XML with the credentials inside',
      encode: (operation, message, login) => encode(operation, message, login, true),
      decode,
    },
  ],
  fillCredentials,
}

const elements: Record<string, string> = {
  cardNumber: 'Card',
  accountNumber: 'Account',
  transactionId: 'Transaction',
  rewardId: 'Reward',
  points: 'Points',
  redemptionId: 'Redemption',
  originalTransactionId: 'Original',
  ticketId: 'Id',
  closedAt: 'Closed',
  total: 'Total',
  currency: 'Currency',
  items: 'Lines',
}
const lineElements: Record<string, string> = {
  id: 'Product',
  name: 'Name',
  quantity: 'Qty',
  unitPrice: 'Price',
  total: 'Total',
}
const amounts = new Set(['total', 'unitPrice'])

let references = 0

function encode(operation: Operation, message: TillMessage, login: Login, isInside = false): Encoded {
  references += 1
  const inside = isInside ? [write('User', login.venueId), write('Key', login.apiKey)] : []
  const root = operation.charAt(0).toUpperCase() + operation.slice(1)
  const body = write(root, [...inside, ...toElements(message, elements)], { ref: `R-${references}` })
  const authorization: Record<string, string> = isInside ? {} : { authorization: basic(login) }
  return { path: '', headers: { 'content-type': 'text/xml', ...authorization }, body }
}

function toElements(fields: object, tags: Record<string, string>): string[] {
  return Object.entries(fields).map(([name, value]: [string, unknown]) => {
    const tag = tags[name]
    if (tag === undefined) throw new Error(`this till has no element for ${name}`)
    if (Array.isArray(value))
      return write(
        tag,
        value.map((line: object) => write('Line', toElements(line, lineElements))),
      )
    return write(tag, toText(name, value))
  })
}

function toText(name: string, value: unknown): string {
  if (value instanceof Date) return value.toISOString()
  return amounts.has(name) ? String(Math.round(Number(value) * 100)) : String(value)
}

function decode(body: string): TillReply | undefined {
  const root = parseXml(body)
  if (root?.name !== 'Reply') return undefined
  const { id, result, retry } = root.attributes
  const find = (name: string) => root.children.find((child) => child.name === name)
  const textOf = (name: string) => find(name)?.text
  const numberOf = (name: string) => (find(name) ? Number(textOf(name)) : undefined)
  if (result !== '0')
    return defined({
      response: 'Error',
      requestId: id,
      code: codes[Number(result) - 100],
      detail: textOf('Text'),
      action: textOf('Action'),
      retry: retry === '1',
    })
  const [rewards, reward, member] = [find('Rewards'), find('Reward'), textOf('Member')]
  return defined({
    response: 'OK',
    requestId: id,
    transactionId: textOf('Transaction'),
    redemptionId: textOf('Redemption'),
    member: member === undefined ? undefined : { name: member },
    program: textOf('Program'),
    points: numberOf('Points'),
    pointsTaken: numberOf('Moved'),
    rewards: rewards?.children.map(toReward),
    reward: reward && toReward(reward),
    stale: find('Stale') && textOf('Stale') === '1',
    ticketId: textOf('Ticket'),
    accepted: find('Ticket') && true,
    duplicate: find('Duplicate') && textOf('Duplicate') === '1',
  })
}

function toReward({ attributes }: Element) {
  const { id = '', name, cost, promotion, discount } = attributes
  return defined({
    id,
    name,
    cost: cost === undefined ? undefined : Number(cost),
    entityCode: promotion,
    discountId: discount,
  })
}

/** As in JSON, what is not known is left out. */
function defined<Fields extends object>(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields
}

function fillCredentials({ body }: RecordedBody, login: Login, isOpen: IsOpen): string {
  const fill = (text: string, tag: string, box: 'venueId' | 'apiKey') =>
    text.replace(new RegExp(`<${tag}>([^<]*)</${tag}>`, 'g'), (found, given: string) =>
      isOpen(given, box) ? write(tag, login[box]) : found,
    )
  return fill(fill(body, 'User', 'venueId'), 'Key', 'apiKey')
}

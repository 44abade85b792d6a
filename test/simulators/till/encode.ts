import type { Dialect } from './dialects.ts'
import type { Operation, TillMessage } from './messages.ts'

export type Encoded = { path: string; headers: Record<string, string>; body: string }
export type Login = { venueId: string; apiKey: string }

const amounts = new Set(['total', 'unitPrice', 'tax', 'discount', 'amount', 'tips', 'serviceCharge'])
const ids = new Set([
  'accountNumber',
  'siteId',
  'siteRef',
  'salesAreaId',
  'terminalId',
  'staffId',
  'ticketId',
  'id',
])

/** Marks digits that become a bare number of any length in the JSON text. */
const bare = '\u0000'

/** @returns one message in one dialect, ready for the wire; `timeZone` is the venue's */
export function encode(
  dialect: Dialect,
  operation: Operation,
  message: TillMessage,
  { venueId, apiKey }: Login,
  timeZone = 'Europe/London',
): Encoded {
  const { spell, mediaType } = dialect
  const inside = {
    ...(dialect.isMethodInside && { [spell('method')]: operation }),
    ...(dialect.credentials !== 'header' && {
      [spell(dialect.credentials)]: venueId,
      [spell('password')]: apiKey,
    }),
    ...translate(message, dialect, timeZone),
  }
  const json = JSON.stringify(dialect.isEnveloped ? { [spell('request')]: inside } : inside)
  const text = json.replaceAll(/"\\u0000(\d+)"/g, '$1')
  const isForm = mediaType.startsWith('application/x-www-form-urlencoded')
  return {
    path: dialect.path(operation),
    headers: {
      'content-type': mediaType,
      ...(dialect.credentials === 'header' && { authorization: basic({ venueId, apiKey }) }),
    },
    body: isForm ? new URLSearchParams({ request: text }).toString() : text,
  }
}

/** HTTP Basic, RFC 7617. */
export function basic({ venueId, apiKey }: Login): string {
  return `Basic ${Buffer.from(`${venueId}:${apiKey}`).toString('base64')}`
}

function translate(
  fields: object,
  dialect: Dialect,
  timeZone: string,
  list?: string,
): Record<string, unknown> {
  const entries = Object.entries(fields).map(([name, value]) => [
    dialect.spell(name, list),
    Array.isArray(value)
      ? value.map((entry: object) => translate(entry, dialect, timeZone, name))
      : word(name, value, dialect, timeZone),
  ])
  return Object.fromEntries(entries)
}

function word(name: string, value: unknown, dialect: Dialect, timeZone: string): unknown {
  if (value instanceof Date)
    return dialect.times === 'offset' ? value.toISOString() : localTime(value, timeZone)
  if (typeof value === 'number' && amounts.has(name) && dialect.amounts === 'text') return amountText(value)
  const isBare = dialect.ids === 'number' && ids.has(name) && /^[1-9]\d*$/.test(String(value))
  return isBare ? `${bare}${String(value)}` : value
}

function amountText(amount: number): string {
  const twoDigits = amount.toFixed(2)
  return Number(twoDigits) === amount ? twoDigits : String(amount)
}

/** ISO 8601 without an offset, which is how Swedish writes it. */
function localTime(time: Date, timeZone: string): string {
  return time.toLocaleString('sv-SE', { timeZone }).replace(' ', 'T')
}

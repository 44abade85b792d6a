import { basic, type Encoded, type Login } from '../../simulators/till/encode.ts'
import type { Operation, TillMessage } from '../../simulators/till/messages.ts'
import type { JsonWording } from './wordings.ts'

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

/** @returns one message in one wording, ready for the wire; `timeZone` is the venue's */
export function encode(
  wording: JsonWording,
  operation: Operation,
  message: TillMessage,
  { venueId, apiKey }: Login,
  timeZone = 'Europe/London',
): Encoded {
  const { spell, mediaType } = wording
  const inside = {
    ...(wording.isMethodInside && { [spell('method')]: operation }),
    ...(wording.credentials !== 'header' && {
      [spell(wording.credentials)]: venueId,
      [spell('password')]: apiKey,
    }),
    ...translate(message, wording, timeZone),
  }
  const json = JSON.stringify(wording.isEnveloped ? { [spell('request')]: inside } : inside)
  const text = json.replaceAll(/"\\u0000(\d+)"/g, '$1')
  const isForm = mediaType.startsWith('application/x-www-form-urlencoded')
  return {
    path: wording.path(operation),
    headers: {
      'content-type': mediaType,
      ...(wording.credentials === 'header' && { authorization: basic({ venueId, apiKey }) }),
    },
    body: isForm ? new URLSearchParams({ request: text }).toString() : text,
  }
}

function translate(
  fields: object,
  wording: JsonWording,
  timeZone: string,
  list?: string,
): Record<string, unknown> {
  const entries = Object.entries(fields).map(([name, value]) => [
    wording.spell(name, list),
    Array.isArray(value)
      ? value.map((entry: object) => translate(entry, wording, timeZone, name))
      : word(name, value, wording, timeZone),
  ])
  return Object.fromEntries(entries)
}

function word(name: string, value: unknown, wording: JsonWording, timeZone: string): unknown {
  if (value instanceof Date)
    return wording.times === 'offset' ? value.toISOString() : localTime(value, timeZone)
  if (typeof value === 'number' && amounts.has(name) && wording.amounts === 'text') return amountText(value)
  const isBare = wording.ids === 'number' && ids.has(name) && /^[1-9]\d*$/.test(String(value))
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

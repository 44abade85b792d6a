import { basic, dummy, parseJson, pick, replyHeaders } from '../../contracts/exchange.ts'
import type { CoreCall as RecordedCall, Recording } from '../../contracts/recording.ts'
import { billPath } from '../../../src/console/elements.ts'
import { demo } from '../../simulators/core/demo-project.ts'
import { isAnswered, type Entry, type Step } from './wire.ts'

/** Whose keys may be copied: they belong to nobody. */
const openKeys: string[] = [demo.apiKey, demo.readOnlyKey, demo.revokedKey, dummy.apiKey]

/**
 * @param origin of the adapter
 * @returns a command that sends the message again. A key that is not of the simulated core is not in it
 */
export function toCurl({ request }: Entry, origin: string): string {
  const { method, path, headers, body } = request
  const [venueId = '', apiKey = ''] = loginOf(headers.authorization)
  const login = openKeys.includes(apiKey) ? quote(`${venueId}:${apiKey}`) : '"$ADAPTER_VENUE:$ADAPTER_KEY"'
  const type = headers['content-type']
  return [
    'curl -s',
    ...(method === 'POST' ? [] : [`-X ${quote(method)}`]),
    ...(headers.authorization === undefined ? [] : [`-u ${login}`]),
    quote(origin + path),
    ...(type === undefined ? [] : [`-H ${quote(`content-type: ${type}`)}`]),
    ...(body === '' ? [] : [`--data-raw ${quote(body)}`]),
  ].join(' ')
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}

function loginOf(authorization = ''): string[] {
  const [, login = ''] = /^Basic (.*)$/.exec(authorization) ?? []
  const [venueId = '', ...key] = Buffer.from(login, 'base64').toString().split(':')
  return [venueId, key.join(':')]
}

/** The name of an exchange's file, without `.json`: `before` refers to others by it. */
export const fileOf = ({ id }: Entry) => `sandbox-${id}`

/**
 * @param entries all of them, as the exchange may build on earlier ones
 * @returns the exchange as `contracts/recordings/` has them; undefined while something is missing: the answer, or the
 *   event of a bill
 */
export function toRecording(entry: Entry, entries: Entry[]): Omit<Recording, 'file'> | undefined {
  const answeredAt = entry.steps.findIndex(({ kind }) => kind === 'heard')
  const heard = entry.steps[answeredAt]
  if (heard?.kind !== 'heard' || !heard.reply) return undefined
  const event = entry.steps.find((step) => step.kind === 'event')
  const isNewBill = entry.operation === 'ticket' && heard.reply.body.includes('"duplicate":false')
  if (isNewBill && !event) return undefined

  const { method, path, headers, body } = entry.request
  const before = buildsOn(entry, entries)
  const calls = entry.steps.slice(0, answeredAt).flatMap((step) => (step.kind === 'call' ? step : []))
  // A service that has just started asks for the venue first.
  const asksVenue = before || calls.length === 0 || calls.some(isVenueCall)
  const first = asksVenue ? undefined : entries.flatMap(({ steps }) => steps).find(isVenueCall)
  return withPlaceholders({
    name: `${entry.operation} ${entry.id} of a sandbox`,
    origin: 'modelled',
    dialect: 'json',
    note: '',
    before: before ? [fileOf(before)] : [],
    settings: {},
    request: {
      method,
      path,
      headers: {
        ...pick(headers, ['content-type']),
        ...(headers.authorization && { authorization: basic(dummy) }),
      },
      body,
    },
    core: [...(first ? [first] : []), ...calls].map(toRecordedCall),
    reply: {
      status: heard.reply.status,
      headers: pick(heard.reply.headers, replyHeaders),
      body: parseJson(heard.reply.body),
    },
    event: event
      ? {
          key: event.record.key,
          headers: { ...event.record.headers, tenant: '{{any}}' },
          value: parseJson(event.record.value),
        }
      : null,
    isDeadLetter: false,
  })
}

type CallStep = Extract<Step, { kind: 'call' }>

function isVenueCall(step: Step): step is CallStep {
  return step.kind === 'call' && step.call.operation === 'venue' && step.call.status === 200
}

/** @returns the message on the same bill before it */
function buildsOn(entry: Entry, entries: Entry[]): Entry | undefined {
  const bill = billOf(entry)
  if (bill === undefined || entry.operation === 'balance') return undefined
  return entries.findLast(
    (other) =>
      other.id < entry.id &&
      other.operation !== 'balance' &&
      isAnswered(other) &&
      billOf(other) === bill &&
      cardOf(other) === cardOf(entry),
  )
}

const fieldOf = (name: string) => (entry: Entry) =>
  new RegExp(`"${name}"\\s*:\\s*"([^"]*)"`).exec(entry.request.body)?.[1]
const billOf = fieldOf('accountNumber')
const cardOf = fieldOf('cardNumber')

/** @returns the path of its bill's page in the console; undefined if it names none */
export function consolePathOf(entry: Entry): string | undefined {
  const [venueId] = loginOf(entry.request.headers.authorization)
  const account = billOf(entry)
  return venueId && account && billPath(venueId, account)
}

function toRecordedCall({ call, reply }: CallStep): RecordedCall {
  const { method, path, headers, body, status } = call
  return {
    request: {
      method: method === 'POST' ? 'POST' : 'GET',
      path,
      headers: {
        authorization: `Bearer ${dummy.apiKey}`,
        ...pick(headers, ['content-type', 'idempotency-key']),
      },
      ...(body !== '' && { body: parseJson(body) }),
    },
    reply:
      status === undefined || reply === undefined ? { fault: 'hang' } : { status, body: parseJson(reply) },
  }
}

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/
const redemption = new RegExp(`("(?:redemptionId|redemption_id|reference)":")(${uuid.source})"`, 'g')

/** What differs from run to run is known by the field in which it stands. */
function withPlaceholders(recording: Omit<Recording, 'file'>): Omit<Recording, 'file'> {
  let text = JSON.stringify(recording).replaceAll('\\"', '\u0001')
  const plain = text.replaceAll('\u0001', '"')
  for (const [, , id = ''] of plain.matchAll(redemption))
    text = text.replaceAll(id, `{{uuid:redemption-${id.slice(0, 8)}}}`)
  text = text
    .replace(new RegExp(`("(?:requestId|x-request-id|ce_id)":")${uuid.source}"`, 'g'), '$1{{uuid}}"')
    .replace(/("asOf":")[^"]+"/g, '$1{{time}}"')
    .replace(/("traceparent":")[^"]+"/g, '$1{{traceparent}}"')
    .replace(/("(?:key|ce_partitionkey)":")[0-9a-f]{64}"/g, '$1{{hash:card}}"')
  return JSON.parse(text.replaceAll('\u0001', '\\"')) as Omit<Recording, 'file'>
}

import { request as send } from 'undici'
import { tillOf } from '../simulators/till/dialects.ts'
import type { Reply, TillRequest } from './recording.ts'

export type Credentials = { venueId: string; apiKey: string }

/** The credentials in modelled recordings, which belong to nobody. */
export const dummy: Credentials = { venueId: '1902', apiKey: 'dummy-trifft-api-key' }

/** Of the till's answer; the rest is HTTP's own business. */
export const replyHeaders = [
  'allow',
  'content-type',
  'retry-after',
  'www-authenticate',
  'x-idempotent-replayed',
  'x-request-id',
]

const recordedBase = '/zonal/v1'

/**
 * Sends what a till sent, as it stands.
 * @param baseUrl with the base path, as it is set in Zonal: `https://…/zonal/v1`
 */
export async function exchange(baseUrl: string, request: TillRequest): Promise<Reply> {
  const { method, path, headers, body } = request
  const { origin, pathname } = new URL(baseUrl)
  const isOurs = path === recordedBase || path.startsWith(`${recordedBase}/`)
  const ourPath = isOurs ? pathname.replace(/\/$/, '') + path.slice(recordedBase.length) : path
  const answer = await send(origin + ourPath, { method, headers, body: body === '' ? null : body })
  const text = await answer.body.text()
  return { status: answer.statusCode, headers: pick(answer.headers, replyHeaders), body: parseJson(text) }
}

/** @returns the headers of those names */
export function pick(headers: NodeJS.Dict<string | string[]>, names: string[]): Record<string, string> {
  return Object.fromEntries(
    names.filter((name) => headers[name]).map((name) => [name, String(headers[name])]),
  )
}

/** Gives a message the credentials of a real venue, if it has the dummy's or none any more; wrong ones stay wrong. */
export function withCredentials(
  request: TillRequest,
  credentials: Credentials,
  dialect: string,
): TillRequest {
  const [mediaType = ''] = (findHeader(request.headers, 'content-type') ?? '').split(';')
  const message = { mediaType: mediaType.trim().toLowerCase(), body: request.body }
  return {
    ...request,
    headers: fillHeader(request.headers, credentials),
    body: tillOf(dialect)?.fillCredentials(message, credentials, isOpen) ?? request.body,
  }
}

export function basic({ venueId, apiKey }: Credentials): string {
  return `Basic ${Buffer.from(`${venueId}:${apiKey}`).toString('base64')}`
}

const removed = '(removed)'

function isOpen(value: string, box: keyof Credentials): boolean {
  return value === removed || value === dummy[box]
}

function fillHeader(headers: Record<string, string>, credentials: Credentials): Record<string, string> {
  const isOpenHeader = (value: string) => value === basic(dummy) || value === `Basic ${removed}`
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      name.toLowerCase() === 'authorization' && isOpenHeader(value) ? basic(credentials) : value,
    ]),
  )
}

function findHeader(headers: Record<string, string>, name: string): string | undefined {
  return Object.entries(headers).find(([each]) => each.toLowerCase() === name)?.[1]
}

/** @returns the text itself if it is no JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

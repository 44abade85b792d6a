import { till as json } from '../dialects/json/till.ts'
import type { Login } from './till/encode.ts'
import type { Wording } from './till/wording.ts'
import {
  type Operation,
  type TillBalance,
  type TillCredit,
  type TillDebit,
  type TillMessage,
  type TillReply,
  type TillTicket,
} from './till/messages.ts'

export type TillRequest = { method: string; url: string; headers: Record<string, string>; body?: string }

export type TillAnswer = {
  /** As it went over the wire. */
  request: TillRequest
  status: number
  headers: Record<string, string>
  text: string
  /** The text as JSON; undefined if it is none. */
  body: unknown
  /** What the till can read of it; empty if it can read nothing. */
  reply: TillReply
  ms: number
}

export type TillOptions = Login & {
  /** With the base path. */
  baseUrl: string
  wording?: Wording
  /** The connection is closed then, and the call throws a `TimeoutError`. */
  patienceMs?: number
}

/** The one that is easiest to read. */
const [plainWording] = json.wordings

export type Till = ReturnType<typeof createTill>

/** One till of one venue. Every call is one HTTP request; nothing is repeated. */
export function createTill({ baseUrl, wording = plainWording, patienceMs = 10_000, ...login }: TillOptions) {
  async function raw({
    method = 'POST',
    path = '',
    headers = {},
    body,
  }: { path?: string } & Partial<Omit<TillRequest, 'url'>>) {
    const request: TillRequest = { method, url: baseUrl + path, headers, ...(body !== undefined && { body }) }
    return deliver(request, wording, patienceMs)
  }
  const send = (operation: Operation, message: TillMessage) => raw(wording.encode(operation, message, login))

  return {
    balance: (message: TillBalance) => send('balance', message),
    debit: (message: TillDebit) => send('debit', message),
    credit: (message: TillCredit) => send('credit', message),
    ticket: (message: TillTicket) => send('ticket', message),
    /** Sends exactly this, without credentials; `path` follows the base address. */
    raw,
  }
}

async function deliver(request: TillRequest, wording: Wording, patienceMs: number): Promise<TillAnswer> {
  const { url, ...init } = request
  const startedMs = performance.now()
  const response = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(patienceMs) })
  const text = await response.text()
  const ms = performance.now() - startedMs
  return {
    request,
    status: response.status,
    headers: Object.fromEntries(response.headers),
    text,
    body: readJson(text),
    reply: wording.decode(text) ?? {},
    ms,
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

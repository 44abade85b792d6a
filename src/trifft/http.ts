import { Axios, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios'
import { Pool, type Dispatcher } from 'undici'
import type { Clock, Timers } from '../time/clock.ts'
import { settlesWithin } from '../time/waiting.ts'
import { CoreOutcomeUnknown, CoreProtocolError, CoreRequestInvalid, CoreUnavailable } from './errors.ts'

export type CoreRequest = {
  /** For error messages, since the path holds a card number. */
  operation: string
  method: 'GET' | 'POST'
  /** Below the base URL, with a leading slash, encoded already. */
  path: string
  apiKey: string
  body?: object
  idempotencyKey?: string
  /** If the core is told. */
  traceparent?: string | undefined
  /** From now on. Besides the time to connect, the only limit of a call. Above 0. */
  deadlineMs: number
  /** Asked once there is a connection. A call that must not leave is dropped before its first byte, and fails with this. */
  findBlock?: () => CoreUnavailable | undefined
}

export type CoreReply = {
  status: number
  /** The header as it came: seconds or a date. */
  retryAfter: string | undefined
  /** Parsed JSON; undefined if it is not JSON. */
  body: unknown
}

export type CoreHttp = ReturnType<typeof createCoreHttp>

const connectTimeoutMs = 1_000
/** With the usual deadlines every call has ended by then. */
const closeWithinMs = 3_000
/** A long list of coupons with all their texts has about 100 KB. */
const maxReplyBytes = 1_048_576
/** More than the core allows in a window (50 requests in 10 s). A call beyond them waits here, within its deadline. */
const maxConnections = 64

/**
 * One pool of connections to the core's origin. It follows no redirects, since a debit that is sent on would be a second
 * debit, and uses no proxy from the environment. Nothing is repeated.
 */
export function createCoreHttp({
  baseUrl,
  clock,
  timers,
}: {
  baseUrl: string
  clock: Clock
  timers: Timers
}) {
  const { origin, pathname } = new URL(baseUrl)
  const basePath = pathname.replace(/\/$/, '')
  const pool = new Pool(origin, {
    connections: maxConnections,
    connect: { timeout: connectTimeoutMs },
    maxResponseSize: maxReplyBytes,
    // Each call has its own deadline.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  // Without axios' defaults, which every call would have to merge.
  const http = new Axios({ transformResponse: parseJson })

  return {
    /**
     * @returns the core's answer, whatever its status
     * @throws CoreUnavailable if nothing was sent (CoreRequestInvalid: and never can be); CoreOutcomeUnknown if it was sent
     * and no complete answer came back (CoreProtocolError: the answer is larger than we read)
     */
    async send(request: CoreRequest): Promise<CoreReply> {
      const wire: Wire = { hasLeft: false, isLate: false }
      const { method, path, body } = request
      try {
        const { status, headers, data } = await http.request<unknown>({
          method,
          url: basePath + path,
          data: body && JSON.stringify(body),
          adapter: (config) => dispatch({ pool, clock, timers }, config, request, wire),
        })
        return { status, retryAfter: headers['retry-after']?.toString(), body: data }
      } catch (error) {
        if (error instanceof CoreUnavailable) throw error
        // Not kept as the cause: an AxiosError holds the path, which holds a card number.
        throw failureOf(request.operation, wire, error)
      }
    },

    /** Waits for the calls under way, but not for a connection that nobody answers. Safe to call twice. */
    async close(): Promise<void> {
      if (pool.destroyed) return
      await settlesWithin(timers, closeWithinMs, pool.close())
      await pool.destroy()
    },
  }
}

/** How far a request has come. */
type Wire = { hasLeft: boolean; isLate: boolean }

function failureOf(
  operation: string,
  { hasLeft, isLate }: Wire,
  error: unknown,
): CoreUnavailable | CoreOutcomeUnknown {
  const reason = isLate ? 'deadline' : codeOf(error)
  if (hasLeft) {
    const details = { message: `${operation}: no answer (${reason})` }
    return reason === 'UND_ERR_RES_EXCEEDED_MAX_SIZE'
      ? new CoreProtocolError(['(whole body)'], details)
      : new CoreOutcomeUnknown(details)
  }
  const details = { message: `${operation}: not sent (${reason})` }
  // What the network does has codes of its own. A refused argument is a TypeError, or this code.
  const isRefused = !isLate && (error instanceof TypeError || reason === 'UND_ERR_INVALID_ARG')
  return isRefused ? new CoreRequestInvalid(details) : new CoreUnavailable(details)
}

/**
 * Sends what axios has prepared. Rejects at the deadline even if the connection is still being made, which undici alone would
 * wait for; a request that could start after that is dropped before its first byte.
 */
function dispatch(
  { pool, clock, timers }: { pool: Pool; clock: Clock; timers: Timers },
  config: InternalAxiosRequestConfig,
  request: CoreRequest,
  wire: Wire,
): Promise<AxiosResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<AxiosResponse>()
  let controller: Dispatcher.DispatchController | undefined
  const latestMs = clock.monotonicMs() + request.deadlineMs
  pool.dispatch(
    {
      method: (config.method ?? 'get').toUpperCase(),
      path: config.url ?? '/',
      headers: headersOf(request),
      body: config.data,
    },
    {
      onRequestStart(started) {
        // A process that was frozen is here before its timers.
        if (wire.isLate || clock.monotonicMs() >= latestMs) return started.abort(new Error('deadline'))
        const block = request.findBlock?.()
        if (block) return started.abort(block)
        controller = started
        wire.hasLeft = true
      },
      ...collectReply((reply) => resolve({ ...reply, config }), reject),
    },
  )
  const cancel = timers.after(request.deadlineMs, () => {
    wire.isLate = true
    const late = new Error('deadline')
    reject(late)
    controller?.abort(late)
  })
  return promise.finally(cancel)
}

/** Not given to axios, so that nothing it makes holds the API key, and because it would check and copy each header. */
function headersOf({ apiKey, idempotencyKey, body, traceparent }: CoreRequest): Record<string, string> {
  return {
    accept: 'application/json',
    'user-agent': 'zonal-loyalty-adapter',
    authorization: `Bearer ${apiKey}`,
    ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
    ...(body && { 'content-type': 'application/json' }),
    ...(traceparent !== undefined && { traceparent }),
  }
}

/** Every status is a reply, also a redirect. */
function collectReply(
  resolve: (reply: Omit<AxiosResponse, 'config'>) => void,
  reject: (error: Error) => void,
): Dispatcher.DispatchHandler {
  const chunks: Buffer[] = []
  let head = { status: 0, statusText: '', headers: {} }
  return {
    onResponseStart(_controller, status, { 'retry-after': retryAfter }, statusText = '') {
      head = { status, statusText, headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter } }
    },
    onResponseData(_controller, chunk) {
      chunks.push(chunk)
    },
    onResponseEnd() {
      resolve({ ...head, data: chunks.length === 1 ? chunks[0] : Buffer.concat(chunks) })
    },
    onResponseError(_controller, error) {
      reject(error)
    },
  }
}

/** Removes a byte order mark. */
const utf8 = new TextDecoder()

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    return undefined
  }
}

/** Such as `ECONNREFUSED`. */
function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  return code ?? 'no code'
}

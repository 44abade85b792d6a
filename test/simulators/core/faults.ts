import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { resetSocket } from '../../support/reset-socket.ts'
import type { Operation } from './api.ts'
import { CoreRefusal, refuse, type Answer, type ErrorForm, type Exception } from './refusal.ts'

export const faultKinds = [
  'delay',
  'hang',
  'reset',
  '500',
  'garbage',
  'html',
  'empty',
  'truncated',
  'drip',
  'redirect',
  'refusal',
] as const
export type FaultKind = (typeof faultKinds)[number]

export type FaultOrder = {
  /** Absent: whatever comes next. */
  operation?: Operation
  kind: FaultKind
  /** Of `delay`, and of `drip` between two bytes. */
  ms?: number
  /** Of `refusal`. */
  exception?: Exception
  retryAfterS?: number
  /** Whether the fault comes `before` the core has done what was asked (and keeps it from doing so), or `after`. */
  when?: 'before' | 'after'
  times?: number
}

export type Fault = {
  /** Resolves when the first call has reached it; after the work, if the fault comes after it. */
  reached: Promise<void>
  /** Releases what hangs: the work is done now, if the fault came before it. */
  release(): void
}

type Spoiled = {
  response: ServerResponse
  answer: () => Answer
  form: ErrorForm
  send: (answer: Answer) => void
}
type Armed = FaultOrder & { left: number; reach: () => void; released: Promise<void>; release: () => void }

/** Faults on order; each call takes at most one, the oldest that fits. */
export function createFaults() {
  const closing = new AbortController()
  let armed: Armed[] = []

  return {
    next(order: FaultOrder): Fault {
      const reached = Promise.withResolvers<void>()
      const released = Promise.withResolvers<void>()
      armed.push({
        ...order,
        left: order.times ?? 1,
        reach: reached.resolve,
        released: released.promise,
        release: released.resolve,
      })
      return { reached: reached.promise, release: released.resolve }
    },

    /** @returns what may still happen, oldest first */
    pending: (): FaultOrder[] =>
      armed
        .filter(({ left }) => left > 0)
        .map(({ left, reach: _, released: __, release: ___, ...order }) => ({ ...order, times: left })),

    /** Drops all faults that have not happened yet, and releases what hangs. */
    clear() {
      for (const fault of armed) fault.release()
      armed = []
    },

    /** @returns how to answer this call, if it has a fault coming */
    take(operation: Operation | undefined) {
      const fault = armed.find((one) => one.left > 0 && (!one.operation || one.operation === operation))
      if (!fault) return undefined
      fault.left -= 1
      return (spoiled: Spoiled) => strike(fault, spoiled, closing.signal)
    },

    close: () => closing.abort(),
  }
}

async function strike(fault: Armed, spoiled: Spoiled, closing: AbortSignal): Promise<void> {
  const done = fault.when === 'after' ? spoiled.answer() : undefined
  fault.reach()
  const answer = () => done ?? spoiled.answer()
  const { response, send } = spoiled

  switch (fault.kind) {
    case 'delay':
      await sleep(fault.ms ?? 0, undefined, { signal: closing })
      return send(answer())
    case 'hang':
      await Promise.race([fault.released, aborted(closing)])
      return send(answer())
    case 'drip':
      return drip(response, JSON.stringify(answer().body), fault.ms ?? 50, closing)
    default:
      return instead(fault, fault.kind, spoiled)
  }
}

/** What the caller gets in place of an answer. */
function instead(
  { exception, retryAfterS }: Armed,
  kind: Exclude<FaultKind, 'delay' | 'hang' | 'drip'>,
  spoiled: Spoiled,
): void {
  const { response, send, form } = spoiled
  const start = (type: string, more = {}) => response.writeHead(200, { 'Content-Type': type, ...more })
  switch (kind) {
    case 'reset':
      return response.socket ? resetSocket(response.socket) : undefined
    case '500':
      return send(refuse(new CoreRefusal('InternalErrorException'), form))
    case 'refusal':
      return send(
        refuse(
          new CoreRefusal(
            exception ?? 'InternalErrorException',
            retryAfterS === undefined ? {} : { retryAfterS },
          ),
          form,
        ),
      )
    case 'redirect':
      return send({ status: 307, headers: { Location: '/v1/elsewhere' }, body: {} })
    case 'garbage':
      return void start('application/json').end('{"id":"uc-')
    case 'html':
      return void start('text/html').end('<html><body>Back soon</body></html>')
    case 'empty':
      return void start('application/json').end()
    case 'truncated':
      start('application/json', { 'Content-Length': 1000 }).flushHeaders()
      return void response.write('{"id":', () => response.destroy())
  }
}

/** An answer that takes long to be complete, but never pauses for long. */
async function drip(response: ServerResponse, body: string, ms: number, closing: AbortSignal): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'application/json' })
  for (const byte of body) {
    if (response.destroyed) return
    response.write(byte)
    await sleep(ms, undefined, { signal: closing })
  }
  response.end()
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  )
}

import { EventEmitter } from 'node:events'
import type { CoreCall } from '../../simulators/core/call-log.ts'
import type { Consumed } from '../../support/kafka-consumer.ts'

/** What came from a till, with the credentials in it. */
export type Sent = { method: string; path: string; headers: Record<string, string>; body: string }
export type Heard = { status: number; headers: Record<string, string>; body: string }

/** What happens for a message, in order; some of it long after the till has its answer. */
export type Step =
  | { kind: 'asked'; request: Sent }
  | { kind: 'call'; call: CoreCall; reply?: string }
  /** Without a reply if the till has hung up, or the adapter has. */
  | { kind: 'heard'; reply: Heard | undefined; ms: number }
  | { kind: 'written'; text: string }
  | { kind: 'event'; record: Consumed }

/** One message of a till, and all that has happened for it. */
export type Entry = { id: number; atMs: number; operation: string; request: Sent; steps: Step[] }

export type Wire = ReturnType<typeof createWire>

const maxEntries = 200

/** Everything that crosses the adapter's borders, by the message that it belongs to. */
export function createWire(nowMs: () => number = Date.now) {
  const entries: Entry[] = []
  const events = new EventEmitter<{ step: [Entry, Step]; change: [Entry, Step] }>()
  /** By the redemption's id, which is its reference at the core. */
  const debits = new Map<string, Entry>()
  const known = new WeakMap<CoreCall, { entry: Entry; step: Extract<Step, { kind: 'call' }> }>()
  let lastId = 0

  function add(entry: Entry, step: Step) {
    entry.steps.push(step)
    events.emit('step', entry, step)
  }

  /** A till waits for a call that fits its message. What the adapter does by itself belongs to the debit that it undoes. */
  function ownerOf(call: CoreCall): Entry | undefined {
    const kind = kindOf(call)
    const open = entries.filter((entry) => !isAnswered(entry) && (!kind || entry.operation === kind))
    const card = decodeURIComponent(/^\/v1\/card\/([^/?]+)/.exec(call.path)?.[1] ?? '')
    const asking = open.find(({ request }) => request.body.includes(card))
    if (kind === 'credit') return asking ?? debits.get(referenceOf(call) ?? '')
    // A till may write the card's number in another way.
    return asking ?? open.at(-1)
  }

  return {
    /** The newest last. */
    entries,
    events,

    /** A till has sent a message. */
    asked(request: Sent): Entry {
      const operation = /[^/?]*(?=\?|$)/.exec(request.path)?.[0].toLowerCase() ?? ''
      const entry: Entry = { id: ++lastId, atMs: nowMs(), operation, request, steps: [] }
      entries.push(entry)
      if (entries.length > maxEntries) entries.shift()
      add(entry, { kind: 'asked', request })
      return entry
    },

    heard(entry: Entry, reply: Heard | undefined) {
      add(entry, { kind: 'heard', reply, ms: nowMs() - entry.atMs })
    },

    /** A call has come to the core, or has its reply, or ended without one. */
    called(call: CoreCall, reply?: string) {
      const past = known.get(call)
      if (past) {
        if (reply !== undefined) past.step.reply = reply
        return void events.emit('change', past.entry, past.step)
      }
      const entry = ownerOf(call)
      if (!entry) return
      const step = { kind: 'call' as const, call }
      known.set(call, { entry, step })
      const reference = referenceOf(call)
      if (entry.operation === 'debit' && reference) debits.set(reference, entry)
      add(entry, step)
    },

    /** @param reference of a redemption that has changed in the journal */
    written(reference: string, text: string) {
      const latest = entries.findLast(({ steps }) =>
        steps.some((step) => step.kind === 'call' && referenceOf(step.call) === reference),
      )
      if (latest) add(latest, { kind: 'written', text })
    },

    /** @param ticketId of a bill whose way has gone on */
    bill(ticketId: string, step: Extract<Step, { kind: 'written' | 'event' }>) {
      const said = JSON.stringify(ticketId)
      const entry = entries.find(
        ({ operation, request }) => operation === 'ticket' && request.body.includes(said),
      )
      if (entry) add(entry, step)
    },
  }
}

export function isAnswered({ steps }: Entry): boolean {
  return steps.some(({ kind }) => kind === 'heard')
}

/** @returns the message that a call is made for; undefined if it may be any */
function kindOf({ operation }: CoreCall): 'debit' | 'credit' | undefined {
  if (operation === 'redeem' || operation === 'debit') return 'debit'
  return operation === 'restore' || operation === 'credit' ? 'credit' : undefined
}

/** @returns the redemption that a call takes or gives back */
export function referenceOf({ body }: CoreCall): string | undefined {
  return /"reference":"([^"]+)"/.exec(body)?.[1]
}

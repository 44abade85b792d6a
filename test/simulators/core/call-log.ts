import { EventEmitter } from 'node:events'
import type { Operation } from './api.ts'

/** One request as it came, and what became of it. */
export type CoreCall = {
  operation: Operation | undefined
  method: string
  /** With the query. */
  path: string
  /** Without Authorization. */
  headers: Record<string, string>
  body: string
  /** Unknown until the answer is written; stays so if a fault kept it back. */
  status?: number
  /** The connection ended before there was an answer. */
  isCutOff?: boolean
  /** It was refused by the core's limit. A 429 on order (`faults.ts`) is not. */
  isOverLimit?: boolean
  atMs: number
}

/** Every request in the order of arrival. */
export function createCallLog() {
  const calls: CoreCall[] = []
  const arrivals = new EventEmitter<{ call: [CoreCall]; change: [CoreCall, reply?: string] }>()

  return {
    calls,
    add(call: CoreCall) {
      calls.push(call)
      arrivals.emit('call', call)
      arrivals.emit('change', call)
    },
    answered(call: CoreCall, status: number, reply: string) {
      call.status = status
      arrivals.emit('change', call, reply)
    },
    cutOff(call: CoreCall) {
      call.isCutOff = true
      arrivals.emit('change', call)
    },
    /** @param look gets each call when it comes, and again when it has its reply, or its connection has ended without */
    watch: (look: (call: CoreCall, reply?: string) => void) => void arrivals.on('change', look),
    /** @returns the first call, past or to come, that fits; it may not be answered yet */
    find: (fits: (call: CoreCall) => boolean) =>
      new Promise<CoreCall>((resolve) => {
        const past = calls.find(fits)
        if (past) return resolve(past)
        const look = (call: CoreCall) => {
          if (!fits(call)) return
          arrivals.off('call', look)
          resolve(call)
        }
        arrivals.on('call', look)
      }),
  }
}

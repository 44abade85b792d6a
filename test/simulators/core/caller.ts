import { randomUUID } from 'node:crypto'
import type { CoreSimulator } from '../core.ts'
import { demo } from './demo-project.ts'

export type Heard = {
  status: number
  headers: Headers
  body: unknown
  /** Why the core refused, if it did. */
  exception: string | undefined
}

/** Asks the simulated core as a well-behaved adapter of the demo project does, unless told otherwise. */
export function createCaller(core: CoreSimulator) {
  async function ask(path: string, init: RequestInit = {}): Promise<Heard> {
    const headers = {
      authorization: `Bearer ${demo.apiKey}`,
      ...Object.fromEntries(new Headers(init.headers)),
    }
    const response = await fetch(core.url + path, { ...init, headers, redirect: 'manual' })
    const body: unknown = await response.json()
    return { status: response.status, headers: response.headers, body, exception: exceptionIn(body) }
  }

  function post(path: string, body: Record<string, unknown>, headers: Record<string, string> = {}) {
    const venue = { venue_id_type: 'CustomParam', venue_id: `aztecVenueId:${demo.venueId}` }
    return ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID(), ...headers },
      body: JSON.stringify({ ...venue, ...body }),
    })
  }

  const coupon = (verb: string) => (card: string, user_coupon_id: string, reference: string) =>
    post(`/card/${card}/coupon/${verb}`, { user_coupon_id, reference })
  const points = (verb: string) => (card: string, amount: number, reference: string) =>
    post(`/card/${card}/points/${verb}`, { points: amount, reference })

  return {
    ask,
    post,
    card: (card: string) => ask(`/card/${card}`),
    redeem: coupon('redeem'),
    restore: coupon('restore'),
    debit: points('debit'),
    credit: points('credit'),
  }
}

/** In both forms of an error. */
function exceptionIn(body: unknown): string | undefined {
  const { exception, error } = body as { exception?: string; error?: { exception?: string } }
  return exception ?? error?.exception
}

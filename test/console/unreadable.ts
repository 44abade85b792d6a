import { demo } from '../service/counter.ts'
import { basic } from '../simulators/till/encode.ts'
import type { TestConsole } from './open-console.ts'

/** What a till sends, and nobody can read: it has no total. */
const body = (ticketId: string, more: object) =>
  JSON.stringify({ ticketId, note: 'a-till-wrote-this', ...more })

/** Sends tickets that cannot be read. @returns the ids of their dead letters, in the order in which they were sent */
export async function sendUnreadable(test: TestConsole, count: number, more: object = {}): Promise<string[]> {
  const { venueId, apiKey } = demo
  const headers = { 'content-type': 'application/json', authorization: basic({ venueId, apiKey }) }
  const ids: string[] = []
  for (let at = 0; at < count; at++) {
    await test.till.raw({ path: '/ticket', headers, body: body(`B-unreadable-${at}`, more) })
    const { json } = await test.ask('/dead-letters')
    const { deadLetters } = json as { deadLetters: { id: string }[] }
    const id = deadLetters.map((each) => each.id).find((each) => !ids.includes(each))
    if (id === undefined) throw new Error('it was not kept')
    ids.push(id)
  }
  return ids
}

import type { Event } from './event.ts'

/** A ticket on its way; without an event if none could be made of it. */
export type Outgoing = { eventId: string; event: Event | undefined }

/**
 * Half of what a topic takes at once by default (`max.message.bytes`, about 1 MB, of all records of one partition), since
 * Kafka counts some bytes more for each record.
 */
export const maxBatchBytes = 500_000

/**
 * @param tickets in the order in which they have to go
 * @returns the same, in the same order, in batches of at most `maxBatchBytes`; a ticket that is larger, or of which no
 * event could be made, is alone
 */
export function cutIntoBatches(tickets: Outgoing[]): Outgoing[][] {
  const batches: Outgoing[][] = []
  let bytesLeft = 0
  for (const ticket of tickets) {
    const bytes = ticket.event ? sizeOf(ticket.event) : Infinity
    const batch = batches.at(-1)
    if (batch && bytes <= bytesLeft) batch.push(ticket)
    else {
      batches.push([ticket])
      bytesLeft = maxBatchBytes
    }
    bytesLeft -= bytes
  }
  return batches
}

function sizeOf({ key, value, headers }: Event): number {
  return [key, value, ...Object.entries(headers).flat()].reduce(
    (bytes, text) => bytes + Buffer.byteLength(text),
    0,
  )
}

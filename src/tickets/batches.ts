import type { Event } from './event.ts'

/** A ticket to be sent. `event` is undefined if none could be made of it. */
export type Outgoing = { eventId: string; event: Event | undefined }

/**
 * Half of what a topic accepts at once by default (`max.message.bytes`: about 1 MB for the records of one partition), since
 * Kafka counts more bytes for each record than we do.
 */
export const maxBatchBytes = 500_000

/**
 * @param tickets in the order in which they have to be sent
 * @returns the same in batches of at most `maxBatchBytes`, in the same order; a ticket that is larger, or that has no event,
 * is alone in its batch
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

import type { WaitingTicket } from '../../src/journal/stored-tickets.ts'
import { EventEmitter, once } from 'node:events'

/** What the relay needs of a journal, in memory, and what became of each ticket. */
export function createMemoryJournal(tickets: WaitingTicket[] = []) {
  let waiting = [...tickets]
  const changes = new EventEmitter()
  const published: string[] = []
  const buried: { eventId: string; reason: string }[] = []

  const remove = (eventIds: string[]) => {
    waiting = waiting.filter(({ eventId }) => !eventIds.includes(eventId))
    changes.emit('change')
  }
  const until = async (condition: () => boolean) => {
    while (!condition()) await once(changes, 'change')
  }

  return {
    published,
    buried,
    waiting: () => waiting.map(({ eventId }) => eventId),
    add(...more: WaitingTicket[]) {
      waiting.push(...more)
      changes.emit('change')
    },
    /** Asked after each change. */
    until,
    /** Resolves when no ticket waits any more. */
    whenEmpty: () => until(() => waiting.length === 0),

    waitingTickets: async (limit: number) => waiting.slice(0, limit),
    async markPublished(eventIds: string[]) {
      published.push(...eventIds)
      remove(eventIds)
    },
    async moveToDeadLetters(eventId: string, reason: string) {
      buried.push({ eventId, reason })
      remove([eventId])
    },
  }
}

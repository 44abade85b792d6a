import type { WaitingTicket } from '../../src/journal/stored-tickets.ts'
import { createRelay } from '../../src/tickets/relay.ts'
import { useKafka } from '../support/kafka-for-tests.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { closedBill } from './closed-bill.ts'
import { publisherForTests } from './publisher-for-tests.ts'

export type RelayJournal = Parameters<typeof createRelay>[0]['journal']
type Publisher = Parameters<typeof createRelay>[0]['publisher']

/** For a suite of relays on a clock of their own, with a real Kafka. They are stopped after each test. */
export function useRelays() {
  const kafka = useKafka()
  const afterwards: (() => unknown)[] = []
  afterEach(async () => {
    for (const end of afterwards.splice(0)) await end()
  })

  function startRelay(topic: string, journal: RelayJournal, wrap = (publisher: Publisher) => publisher) {
    const { publisher, ...rest } = publisherForTests(kafka(), topic)
    const clock = createManualClock()
    const relay = createRelay({
      journal,
      publisher: wrap(publisher),
      venueParameter: 'aztecVenueId',
      ...rest,
      timers: clock,
    })
    afterwards.push(relay.stop, publisher.close)
    relay.start()
    return { relay, clock, ...rest }
  }

  return { kafka, startRelay, after: (end: () => unknown) => void afterwards.push(end) }
}

export function tickets(count: number, vary?: (index: number) => { kafkaKey: string }): WaitingTicket[] {
  return Array.from({ length: count }, (_, index) => closedBill({ eventId: `e-${index}`, ...vary?.(index) }))
}

export function idsOf(records: { headers: Record<string, string> }[]): (string | undefined)[] {
  return records.map(({ headers }) => headers.ce_id)
}

import { expect } from 'chai'
import { EventEmitter, once } from 'node:events'
import type { Journal } from '../../src/journal/journal.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import type { Event } from '../../src/tickets/event.ts'
import { createRelayLease } from '../../src/tickets/lease.ts'
import { createRelay } from '../../src/tickets/relay.ts'
import { systemClock, systemTimers, type Clock, type Timers } from '../../src/time/clock.ts'
import { openReplica } from '../support/both-databases.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { journalKeys } from '../support/test-journal.ts'
import { closedBill } from './closed-bill.ts'

const [oldKey, newKey] = journalKeys as [string, string]
/** How long a replica that has left the tickets to others does not ask for the lease. */
const restMs = 5_000

describe('a relay that lacks the key of a ticket', () => {
  useRealSockets()
  const makeDatabase = usePostgres()
  let lacking: Journal
  let having: Journal
  let lines: string[]
  let ends: (() => Promise<void>)[]
  /** By whom, in order. */
  let published: [string, string | undefined][]
  const changes = new EventEmitter()

  beforeEach(async () => {
    const url = await makeDatabase()
    ;[lines, ends, published] = [[], [], []]
    lacking = await openReplica(url, { keys: [oldKey] })
    having = await openReplica(url, { keys: [newKey, oldKey] })
    for (const [journal, eventId] of [
      [lacking, 'old-1'],
      [having, 'new-1'],
      [lacking, 'old-2'],
    ] as const)
      await journal.acceptTicket({
        ...closedBill({ eventId }),
        fingerprint: 'f',
        formerFingerprint: () => 'g',
      })
  })
  afterEach(async () => {
    for (const end of ends) await end()
    await lacking.close()
    await having.close()
  })

  function start(name: string, journal: Journal, time: Clock & Timers) {
    const log = createLogger('warn', { write: (line: string) => void lines.push(line) })
    const metrics = createMetrics()
    const deps = { clock: time, timers: time, log, metrics }
    const counted = { asked: 0, read: 0 }
    const shared = journal.sharedLease!
    const lease = createRelayLease({
      ...deps,
      lease: {
        async keep(...values) {
          counted.asked++
          return await shared.keep(...values)
        },
        async giveBack(...values) {
          await shared.giveBack(...values)
          changes.emit('given back')
        },
      },
    })
    const relay = createRelay({
      ...deps,
      lease,
      journal: {
        ...journal,
        async waitingTickets(limit) {
          counted.read++
          return await journal.waitingTickets(limit)
        },
      },
      publisher: {
        connect: async () => undefined,
        async send(events: Event[]) {
          for (const { headers } of events) published.push([name, headers.ce_id])
          changes.emit('published')
          return events.map((_, offset) => ({ topic: 'tickets', partition: 0, offset: String(offset) }))
        },
      },
      venueParameter: 'aztecVenueId',
    })
    lease.start()
    relay.start()
    ends.push(async () => {
      await relay.stop()
      await lease.stop()
    })
    return { lease, counted, metrics }
  }
  const real = { ...systemClock, ...systemTimers }

  it('publishes those before it, and lets a replica that has the key go on, in order', async () => {
    const { lease, metrics } = start('lacking', lacking, real)
    await once(changes, 'given back')
    expect(published).to.deep.equal([['lacking', 'old-1']])
    expect(lease.isHeld()).to.equal(false)
    expect((await metrics.page()).body).to.include('zonal_relay_active 0')

    start('having', having, real)
    while (published.length < 3) await once(changes, 'published')
    expect(published.slice(1)).to.deep.equal([
      ['having', 'new-1'],
      ['having', 'old-2'],
    ])
  })

  it('asks for the lease again after a while, with one log line, without a dead letter or a loop', async () => {
    await lacking.markPublished(['old-1'])
    const clock = createManualClock()
    const givenBack = () => once(changes, 'given back')
    const first = givenBack()
    const { counted } = start('lacking', lacking, clock)
    await first
    for (let times = 1; times <= 3; times++) {
      expect(counted).to.deep.equal({ asked: times, read: times })
      await clock.pass(restMs - 1_000)
      expect(counted, 'rests').to.deep.equal({ asked: times, read: times })
      const again = givenBack()
      await clock.pass(2_000)
      await again
    }
    expect(published).to.deep.equal([])
    expect(await having.stats()).to.include({ ticketsWaiting: 2, deadLetters: 0 })
    const told = lines.map((line) => (JSON.parse(line) as { msg: string }).msg)
    expect(told).to.deep.equal(['tickets are left to other replicas'])
  })
})

import nock from 'nock'
import { readConfig } from '../../src/config/config.ts'
import { openJournal } from '../../src/journal/open.ts'
import { systemClock } from '../../src/time/clock.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { toEvent } from '../../src/tickets/event.ts'
import { startTestService, type TestService } from '../support/test-service.ts'
import { asCompared } from './captured.ts'
import { dummy, exchange, withCredentials } from './exchange.ts'
import { mockCore } from './mocked-core.ts'
import { compare, fillIn, type Bindings } from './placeholders.ts'
import {
  readChain,
  type CoreCall,
  type KafkaEvent,
  type Recording,
  type Reply,
  type TillRequest,
} from './recording.ts'

export type Played = {
  problems: string[]
  reply: Reply
  coreRequests: CoreCall['request'][]
  events: KafkaEvent[]
}

/**
 * Plays a recording, and first those it builds on, through a fresh service whose core answers as recorded.
 * @param folder where the recordings lie
 * @returns `problems`: one line per difference; and what the till, the core and Kafka got in the end
 */
export async function play(folder: string, recording: Recording): Promise<Played> {
  const chain = readChain(folder, recording)
  const bindings: Bindings = new Map()
  const core = mockCore(
    chain.flatMap((each) => each.core),
    bindings,
  )
  // Nothing here looks into the diary, whose thread would take as long to start as all the rest.
  const service = await startTestService({ DIARY_DAYS: '0', ...recording.settings })
  try {
    const problems: string[] = []
    let reply: Reply = { status: 0, headers: {}, body: undefined }
    for (const each of chain) {
      const request = fillRequest(each.request, bindings)
      reply = await exchange(
        service.url,
        each.origin === 'captured' ? withCredentials(request, dummy, each.dialect) : request,
      )
      problems.push(
        ...compareReply(each, reply, each === recording ? 'reply' : `${each.file}: reply`, bindings),
      )
    }
    await service.stop()
    const left = await readJournal(service)
    problems.push(...core.problems(), ...compareLeft(chain, left, bindings))
    return { problems, reply, coreRequests: core.requests, events: left.events }
  } finally {
    core.close()
    await service.end()
    nock.cleanAll()
  }
}

/** @returns one line per difference between what a recording says the till heard, and what it heard */
export function compareReply(recording: Recording, got: Reply, path: string, bindings: Bindings): string[] {
  const { origin, reply } = recording
  return compare(reply, origin === 'captured' ? asCompared(got) : got, path, bindings)
}

export function fillRequest(request: TillRequest, bindings: Bindings): TillRequest {
  return { ...request, path: fillIn(request.path, bindings), body: fillIn(request.body, bindings) }
}

type Left = { events: KafkaEvent[]; deadLetters: number }

/** Without Kafka tickets wait in the journal, and become events by the same function that the relay uses. */
async function readJournal({ journalPath }: TestService): Promise<Left> {
  const config = readConfig({ HOST: '127.0.0.1', JOURNAL_PATH: journalPath })
  const log = createLogger('silent')
  const journal = await openJournal(config.journal, { clock: systemClock, log, metrics: createMetrics() })
  try {
    const waiting = await journal.waitingTickets(100)
    const events = waiting.map((ticket) => {
      const { key, headers, value } = toEvent(ticket, config.core)
      return { key, headers, value: JSON.parse(value) as unknown }
    })
    return { events, deadLetters: (await journal.stats()).deadLetters }
  } finally {
    await journal.close()
  }
}

function compareLeft(chain: Recording[], left: Left, bindings: Bindings): string[] {
  const events = chain.flatMap(({ event }) => event ?? [])
  const deadLetters = chain.filter(({ isDeadLetter }) => isDeadLetter).length
  return [
    ...compare(events, left.events, 'event', bindings),
    ...compare(deadLetters, left.deadLetters, 'dead letters', bindings),
  ]
}

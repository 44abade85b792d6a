import { randomUUID } from 'node:crypto'
import { describeError, type Logger } from '../../observability/logger.ts'
import { systemTimers } from '../../time/clock.ts'
import { sleep } from '../../time/waiting.ts'
import type { NoticeKind, SharedNotices } from '../shared.ts'
import { Client, endClient } from './client.ts'
import { connectionTo, send, type PostgresConfig } from './pool.ts'

const channel = 'zonal_adapter'
const tellSql = 'SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload'
/** A connection that is half open says nothing by itself. */
const heartbeatMs = 5_000
const answerWithinMs = 3_000
const connectAgainMs = 1_000

type Deps = {
  config: PostgresConfig
  /** Runs one statement that commits by itself. */
  once: (text: string, values: unknown[]) => Promise<unknown>
  log: Logger
}

/** Hints between replicas. Nothing depends on them: a lost one only means that a replica learns of a change later. */
export function createNotices({ config, once, log }: Deps): SharedNotices & { close(): Promise<void> } {
  const closing = new AbortController()
  // Of this process, whose own notices come back to it.
  const from = randomUUID()
  const handlers = new Map<NoticeKind, (key: string | undefined) => void>()
  let running: Promise<void> | undefined
  const untold = new Set<string>()
  let telling: Promise<void> | undefined
  let wasHeard: boolean | undefined
  const pause = (ms: number) => sleep(systemTimers, ms, closing.signal).catch(() => undefined)

  function hear(payload: string | undefined) {
    const [sender, about, ...key] = (payload ?? '').split(' ')
    if (sender !== from) handlers.get(about as NoticeKind)?.(key.join(' '))
  }

  async function listenOnce() {
    const client = new Client({
      ...connectionTo(config.listenUrl, config),
      connectionTimeoutMillis: answerWithinMs,
    })
    client.on('error', () => undefined)
    client.on('notification', ({ payload }) => hear(payload))
    try {
      await client.connect()
      // A standby refuses it.
      await send(client, { text: `LISTEN ${channel}`, query_timeout: answerWithinMs })
      report(undefined)
      // Whatever was said before is unknown.
      for (const handle of handlers.values()) handle(undefined)
      await watch(client)
    } finally {
      await endClient(client)
    }
  }

  /** @throws what pg throws once the server does not answer any more */
  async function watch(client: Client) {
    for (;;) {
      await pause(heartbeatMs)
      if (closing.signal.aborted) return
      await send(client, { text: 'SELECT 1', query_timeout: answerWithinMs })
    }
  }

  /** Once when they are heard, and once when they are not heard any more. */
  function report(error: unknown) {
    const isHeard = error === undefined
    if (isHeard !== wasHeard) {
      if (isHeard) log.info('listening to the notices of other replicas')
      else log.warn({ error: describeError(error) }, 'cannot listen to the notices of other replicas')
    }
    wasHeard = isHeard
  }

  async function listenForEver() {
    while (!closing.signal.aborted) {
      try {
        await listenOnce()
      } catch (error) {
        report(error)
      }
      await pause(connectAgainMs)
    }
  }

  /** What is told meanwhile goes out together: commits with notices wait for each other. */
  async function tellAll() {
    while (untold.size > 0) {
      const payloads = [...untold]
      untold.clear()
      await once(tellSql, [channel, payloads]).catch(() => undefined)
    }
    telling = undefined
  }

  return {
    tell(about, key) {
      untold.add(`${from} ${about} ${key}`)
      telling ??= tellAll()
    },
    listen(about, handler) {
      handlers.set(about, handler)
      running ??= listenForEver()
    },
    async close() {
      closing.abort()
      await running
    },
  }
}

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Middleware, ParameterizedContext } from 'koa'
import { describeError, type Logger } from '../observability/logger.ts'
import type { TrackedState } from '../observability/tracking.ts'
import { redactBody, redactHeaders, redactPath, redactReply } from './redact.ts'
import { createStandIns, type StandIns } from './stand-ins.ts'

export type CaptureParts = {
  cardPrefixes: readonly string[]
  log: Logger
  metrics: { captureFailures: { inc(): void } }
}

export type Capture = {
  step: Middleware<TrackedState>
  /** Resolves when what waits is written. */
  settled(): Promise<void>
}

type Context = ParameterizedContext<TrackedState>

/** A disk that is slower than the tills loses recordings, not memory. */
const mostWaiting = 100

/**
 * Writes each exchange into a folder as a recording, as in `contracts/recordings/`, once its answer has left. It never
 * delays or fails a request: what cannot be written is counted.
 * @param dir undefined: off
 */
export function createCapture(dir: string | undefined, parts: CaptureParts): Capture {
  if (dir === undefined) return { step: (_ctx, next) => next(), settled: async () => undefined }
  const standIns = createStandIns(parts.cardPrefixes)
  const queue = createQueue((error) => {
    parts.metrics.captureFailures.inc()
    parts.log.warn({ error: describeError(error) }, 'an exchange could not be captured')
  })

  return {
    async step(ctx, next) {
      ctx.res.once('close', () => queue.enqueue(() => write(dir, toRecording(ctx, standIns))))
      await next()
    },
    settled: queue.settled,
  }
}

/** One after the other, and never so many that they fill the memory. */
function createQueue(onFailure: (error: unknown) => void) {
  let waiting = 0
  let last = Promise.resolve()
  return {
    enqueue(task: () => Promise<void>) {
      if (waiting >= mostWaiting) return onFailure(new Error(`${mostWaiting} recordings wait for the disk`))
      waiting += 1
      last = last
        .then(task)
        .catch(onFailure)
        .finally(() => {
          waiting -= 1
        })
    },
    settled: () => last,
  }
}

async function write(dir: string, recording: Recording) {
  await mkdir(dir, { recursive: true })
  const text = JSON.stringify(recording, null, 2)
  await writeFile(join(dir, `${recording.name}.json`), `${text}\n`, { flag: 'wx', mode: 0o600 })
}

type Recording = ReturnType<typeof toRecording>

function toRecording(ctx: Context, standIns: StandIns) {
  const { exchange, code } = ctx.state
  const at = new Date(exchange.arrivedAtMs).toISOString()
  const name = [at.replace(/[:.]/g, '-'), exchange.facts.message ?? 'none', code, exchange.requestId].join(
    '_',
  )
  return {
    name,
    origin: 'captured',
    note: `Captured ${at}. Credentials and names are removed; cards, staff and unknown fields are stand-ins.`,
    request: {
      method: ctx.method,
      path: redactPath(ctx.path, standIns),
      headers: redactHeaders(ctx.headers),
      body: readableBody(ctx, standIns),
    },
    core: [],
    reply: {
      status: ctx.status,
      headers: ctx.response.headers,
      body: redactReply(ctx.body, standIns),
    },
    event: null,
  }
}

/** Of a body that is no message nothing is said but its type and length. */
function readableBody(ctx: Context, standIns: StandIns): string {
  const { body } = ctx.request
  const contentType = ctx.get('Content-Type')
  const text = typeof body === 'string' ? body : undefined
  const redacted = text === undefined ? undefined : redactBody(contentType, text, standIns)
  const length =
    text === undefined ? `${ctx.get('Content-Length') || 'unknown'} bytes` : `${text.length} characters`
  return redacted ?? `(unreadable: ${contentType || 'no content type'}, ${length})`
}

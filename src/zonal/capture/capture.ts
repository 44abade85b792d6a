import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Middleware } from 'koa'
import { describeError, type Logger } from '../../observability/logger.ts'
import { fallbackOf, type Dialect } from '../dialect.ts'
import type { TillState } from '../http/state.ts'
import { sampleBody } from './body-sample.ts'
import { createCaptureFolder } from './folder.ts'
import { recordBroken, recordExchange, type Recording } from './recording.ts'
import { createStandIns } from './stand-ins.ts'

export type CaptureDeps = {
  /** Undefined: off. */
  captureDir: string | undefined
  captureNames: 'replace' | 'keep'
  basePath: string
  cardPrefixes: readonly string[]
  dialects: readonly Dialect[]
  log: Logger
  metrics: { captureFailures: { inc(): void } }
}

export type Capture = {
  step: Middleware<TillState>
  /** Of a connection whose bytes were no HTTP. */
  broken(bytes: Buffer | undefined): void
  /** Resolves when what waits is written. */
  settled(): Promise<void>
}

/** A disk that is slower than the tills loses recordings, not memory. */
const mostWaiting = 20

/**
 * Writes each exchange into a folder as a recording, as in `contracts/recordings/`, once its answer has left, whether it
 * was understood or not. It never delays or fails a request: what cannot be written is counted.
 */
export function createCapture({
  captureDir,
  captureNames,
  basePath,
  cardPrefixes,
  dialects,
  ...deps
}: CaptureDeps): Capture {
  if (captureDir === undefined)
    return { step: (_ctx, next) => next(), broken: () => undefined, settled: async () => undefined }
  const settings = { standIns: createStandIns(cardPrefixes), basePath, keepsNames: captureNames === 'keep' }
  const dialect = fallbackOf(dialects).name
  const folder = createCaptureFolder(captureDir)
  const queue = createQueue(createComplaint(deps))
  const enqueue = (record: () => Promise<Recording> | Recording) =>
    queue.enqueue(async () => {
      // Redaction takes a moment: what tills wait for goes first.
      await nextTurn()
      await folder.write(await record())
    })

  return {
    async step(ctx, next) {
      const sample = sampleBody(ctx.req)
      ctx.res.once('close', () => enqueue(() => recordExchange(ctx, sample, settings)))
      await next()
    },
    broken(bytes) {
      if (bytes !== undefined && bytes.length > 0)
        enqueue(() => recordBroken(bytes, { atMs: Date.now(), id: randomUUID(), dialect }, settings))
    },
    settled: queue.settled,
  }
}

/** Each is counted; of those that have the same reason one after the other only the first is logged. */
function createComplaint({ log, metrics }: Pick<CaptureDeps, 'log' | 'metrics'>) {
  let last: string | undefined
  return function complain(error: unknown) {
    metrics.captureFailures.inc()
    const { message } = describeError(error)
    if (message === last) return
    last = String(message)
    log.warn({ error: describeError(error) }, 'an exchange could not be captured')
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

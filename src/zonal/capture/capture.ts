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

type CaptureDeps = {
  /** Undefined switches it off. */
  captureDir: string | undefined
  captureNames: 'replace' | 'keep'
  basePath: string
  cardPrefixes: readonly string[]
  dialects: readonly Dialect[]
  log: Logger
  metrics: { captureFailures: { inc(): void } }
}

type Capture = {
  step: Middleware<TillState>
  /** Records the bytes of a connection that were not HTTP. */
  broken(bytes: Buffer | undefined): void
  /** Resolves once all waiting recordings are written. */
  settled(): Promise<void>
}

/** If the disk is slower than the tills, recordings are lost, so that they do not pile up in memory. */
const maxWaiting = 20

/**
 * Writes each exchange into a folder as a recording, as in `contracts/recordings/`, understood or not, once its answer has
 * been sent. It never delays or fails a request; a recording that cannot be written is counted.
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
  const queue = createQueue(createFailureReport(deps))
  const enqueue = (record: () => Promise<Recording> | Recording) =>
    queue.enqueue(async () => {
      // Redaction takes a moment, and requests that tills wait for go first.
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

/** Counts each failure, and logs the first of a series with the same reason. */
function createFailureReport({ log, metrics }: Pick<CaptureDeps, 'log' | 'metrics'>) {
  let last: string | undefined
  return function report(error: unknown) {
    metrics.captureFailures.inc()
    const { message } = describeError(error)
    if (message === last) return
    last = String(message)
    log.warn({ error: describeError(error) }, 'an exchange could not be captured')
  }
}

/** Runs tasks one after the other. Too many at once are refused, so that they do not fill the memory. */
function createQueue(onFailure: (error: unknown) => void) {
  let waiting = 0
  let last = Promise.resolve()
  return {
    enqueue(task: () => Promise<void>) {
      if (waiting >= maxWaiting)
        return onFailure(new Error(`${maxWaiting} recordings are waiting for the disk`))
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

import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Answered, Asked } from './worker-tasks.ts'

type Pending = { resolve: (result: unknown) => void; reject: (error: Error) => void }

/** Enough for some thousand rows at a time. */
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4, stackSizeMb: 1 }

/** @returns the worker of this name, whether the service runs from its sources or compiled */
export function workerBeside({ filename, url }: ImportMeta, name: string): URL {
  return new URL(`./${name}${extname(filename)}`, url)
}

/**
 * A thread with its own SQLite connection, since its calls are synchronous and would block the tills. It starts with the first
 * task, and again after it has failed.
 *
 * @param workerUrl of a file that calls `answerTasks`, which gets `data`
 */
export function createThread<Data, Task>(workerUrl: URL, data: Data) {
  let worker: Worker | undefined
  let lastId = 0
  const pending = new Map<number, Pending>()

  function start(): Worker {
    const started = new Worker(workerUrl, { workerData: data, resourceLimits, name: 'SQLite' })
    started.on('message', ({ id, result, problem }: Answered) => {
      const asked = pending.get(id)
      pending.delete(id)
      if (pending.size === 0) started.unref()
      if (problem === undefined) asked?.resolve(result)
      else asked?.reject(new Error(problem))
    })
    const end = (error: Error) => {
      if (worker === started) worker = undefined
      for (const { reject } of pending.values()) reject(error)
      pending.clear()
    }
    started.on('error', (error: Error) => end(error))
    started.on('exit', () => worker === started && end(new Error('its thread has ended')))
    return started
  }

  function ask(task: Task | 'close'): Promise<unknown> {
    return new Promise((resolve, reject) => {
      worker ??= start()
      const id = ++lastId
      pending.set(id, { resolve, reject })
      // It keeps the process alive only while something is asked of it.
      worker.ref()
      worker.postMessage({ id, task } satisfies Asked<Task>)
    })
  }

  return {
    /** @throws Error with what SQLite says, or if the thread ends */
    ask: (task: Task) => ask(task),
    /** After what was asked before. */
    async close(): Promise<void> {
      if (!worker) return
      await ask('close').catch(() => undefined)
      const ended = worker
      worker = undefined
      await ended?.terminate()
    },
  }
}

import { existsSync } from 'node:fs'
import type { Reader } from '../reader.ts'
import { runWork } from '../run-work.ts'
import type { Answer, Statement } from '../work.ts'
import type { ReaderData } from './reader-worker.ts'
import { createThread, workerBeside } from './thread.ts'

/**
 * Reads the file of a service that may be running.
 *
 * @param table until it is made there is nothing to read
 * @returns undefined if there is no file
 */
export function createFileReader(path: string, table?: string): Reader | undefined {
  if (!existsSync(path)) return undefined
  const worker = workerBeside(import.meta, 'reader-worker')
  const thread = createThread<ReaderData, Statement>(worker, { path, table })
  return {
    read: (begin) => runWork(begin(), async (statement) => (await thread.ask(statement)) as Answer),
    close: thread.close,
  }
}

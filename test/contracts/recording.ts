import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { toComparable } from './captured.ts'

export const recordingsFolder = fileURLToPath(new URL('../../contracts/recordings', import.meta.url))

const headers = z.record(z.string(), z.string())

const coreRequest = z.strictObject({
  method: z.enum(['GET', 'POST']),
  path: z.string(),
  headers,
  body: z.unknown().optional(),
})

const coreCall = z.strictObject({
  request: coreRequest,
  reply: z.union([
    z.strictObject({ status: z.int(), headers: headers.optional(), body: z.unknown() }),
    z.strictObject({ fault: z.enum(['reset', 'hang']) }),
  ]),
})

/** One exchange: what the till sends, what the core is asked, what the till hears, and what Kafka gets. */
const recording = z.strictObject({
  name: z.string().min(1),
  origin: z.enum(['modelled', 'captured']),
  /** In which the till was answered. */
  dialect: z.string().default('json'),
  note: z.string().default(''),
  /** File names, without `.json`, of recordings that are played first on the same service. */
  before: z.array(z.string()).default([]),
  /** Environment of the service if the defaults do not show what is meant. */
  settings: z.record(z.string(), z.string()).default({}),
  request: z.strictObject({ method: z.string(), path: z.string(), headers, body: z.string() }),
  core: z.array(coreCall),
  reply: z.strictObject({
    status: z.int(),
    headers: z.record(z.string(), z.union([z.string(), z.array(z.string()), z.number().transform(String)])),
    body: z.unknown(),
  }),
  event: z.strictObject({ key: z.string(), headers, value: z.unknown() }).nullable(),
  /** The message is kept as a dead letter. */
  isDeadLetter: z.boolean().default(false),
})

export type Recording = z.output<typeof recording> & { file: string }
export type CoreCall = z.output<typeof coreCall>
export type TillRequest = Recording['request']
export type Reply = Recording['reply']
export type KafkaEvent = NonNullable<Recording['event']>

/**
 * @param folder path of a folder of `*.json`
 * @returns in the order of their file names; `file` is without `.json`
 * @throws Error naming the file that is no recording
 */
export function readRecordings(folder: string): Recording[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
  return files.sort().map((file) => readRecording(folder, file.slice(0, -'.json'.length)))
}

/** @returns the recording and before it, in order, those that it builds on */
export function readChain(folder: string, recording: Recording): Recording[] {
  const before = recording.before.flatMap((file) => readChain(folder, readRecording(folder, file)))
  return [...before, recording]
}

function readRecording(folder: string, file: string): Recording {
  const parsed = recording.safeParse(JSON.parse(readFileSync(join(folder, `${file}.json`), 'utf8')))
  if (!parsed.success)
    throw new Error(`${file}.json is not a recording: ${z.prettifyError(parsed.error)}`, {
      cause: parsed.error,
    })
  const read = { ...parsed.data, file }
  return read.origin === 'captured' ? toComparable(read) : read
}

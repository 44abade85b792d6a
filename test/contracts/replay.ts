import nock from 'nock'
import { parseArgs } from 'node:util'
import { mockedCore } from '../support/test-service.ts'
import { whyNotSendable } from './captured.ts'
import { exchange, withCredentials, type Credentials } from './exchange.ts'
import type { Bindings } from './placeholders.ts'
import { findReadingCode, playCaptured, type PlayedCapture } from './play-captured.ts'
import { compareReply, fillRequest, play } from './play.ts'
import { readChain, readRecordings, type Recording } from './recording.ts'

const usage = `npm run contracts:replay -- DIR [--url URL] [--venue ID] [--key KEY]

Plays each recording in DIR through a fresh service, its core being what the recording tells of it.
  --url URL     a running service instead (https://…/zonal/v1): only replies are compared, and its core is the real one
  --venue, --key  for --url: credentials in place of the recordings' own (else ADAPTER_VENUE and ADAPTER_KEY)
`

const mockedCoreHost = `${new URL(mockedCore).hostname}:443`

type Target = { url: string; credentials: Credentials | undefined }
type Result = PlayedCapture | { skipped: string }

/**
 * @param args as given on the command line
 * @param print gets each line
 * @returns the exit code: 0, 1 if anything differs, 2 if the call itself is wrong
 */
export async function replay(args: string[], print: (line: string) => void = console.log): Promise<number> {
  const asked = readArguments(args)
  if (!asked) {
    print(usage)
    return 2
  }
  const { folder, target } = asked
  let different = 0
  let notUnderstood = 0
  for (const recording of readRecordings(folder)) {
    const result = await replayOne(folder, recording, target).catch(asProblem)
    if ('problems' in result && result.problems.length > 0) different += 1
    else if (isUnread(recording, result)) notUnderstood += 1
    for (const line of describe(recording, result)) print(line)
  }
  const unread = notUnderstood === 0 ? '' : `, ${notUnderstood} not understood`
  print((different === 0 ? 'no differences' : `${different} with differences`) + unread)
  return different === 0 ? 0 : 1
}

function readArguments(args: string[]): { folder: string; target: Target | undefined } | undefined {
  const flag = { type: 'string' } as const
  try {
    const options = { url: flag, venue: flag, key: flag }
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
    const [folder] = positionals
    const venueId = values.venue ?? process.env.ADAPTER_VENUE
    const apiKey = values.key ?? process.env.ADAPTER_KEY
    const credentials = venueId && apiKey ? { venueId, apiKey } : undefined
    return folder ? { folder, target: values.url ? { url: values.url, credentials } : undefined } : undefined
  } catch {
    return undefined // a flag that is not known, or has no value
  }
}

async function replayOne(folder: string, recording: Recording, target: Target | undefined): Promise<Result> {
  const isCaptured = recording.origin === 'captured'
  const why = isCaptured ? whyNotSendable(recording) : undefined
  if (why) return { skipped: why }
  if (target) return await replayAt(target, folder, recording)
  if (isCaptured && recording.core.length === 0) return await playCaptured(recording)
  return { problems: (await play(folder, recording)).problems }
}

/** One that cannot be played, such as if nobody listens, does not keep back the others. */
function asProblem(error: unknown): Result {
  return { problems: [error instanceof Error ? error.message : String(error)] }
}

/** A running service has its own settings, journal and core: what it says is all that can be compared. */
async function replayAt({ url, credentials }: Target, folder: string, recording: Recording): Promise<Result> {
  const settings = Object.entries(recording.settings).map(([name, value]) => `${name}=${value}`)
  if (settings.length > 0) return { skipped: `it is about a service with ${settings.join(' ')}` }
  const bindings: Bindings = new Map()
  let problems: string[] = []
  for (const each of readChain(folder, recording)) {
    const filled = fillRequest(each.request, bindings)
    const request = credentials ? withCredentials(filled, credentials, each.dialect) : filled
    problems = compareReply(each, await exchange(url, request), 'reply', bindings)
  }
  return { problems }
}

function isUnread(recording: Recording, result: Result): boolean {
  return findUnread(recording) !== undefined && !('isReadNow' in result)
}

/** @returns why a till's message was not understood when it was captured */
function findUnread({ origin, reply }: Recording): string | undefined {
  return origin === 'captured' ? findReadingCode(reply.body) : undefined
}

function describe(recording: Recording, result: Result): string[] {
  const { file, name } = recording
  const unread = findUnread(recording)
  if ('skipped' in result) return [`skipped    ${file}: ${result.skipped}`]
  if (result.isReadNow) return [`READ NOW   ${file}: when it was captured it was not understood (${unread})`]
  if (result.problems.length === 0 && unread !== undefined)
    return [`UNREAD     ${file}: this build does not understand it (${unread})`]
  if (result.problems.length === 0) return [`same       ${file}: ${name}`]
  return [`DIFFERENT  ${file}: ${name}`, ...result.problems.map((problem) => `             ${problem}`)]
}

if (import.meta.main) {
  nock.disableNetConnect()
  nock.enableNetConnect((host) => host !== mockedCoreHost)
  process.exitCode = await replay(process.argv.slice(2))
}

import nock from 'nock'
import { parseArgs } from 'node:util'
import { mockedCore } from '../support/test-service.ts'
import { mayMove, whyNotAtARunningService } from './at-a-running-service.ts'
import { whyNotSendable } from './captured.ts'
import { exchange, withCredentials, type Credentials } from './exchange.ts'
import type { Bindings } from './placeholders.ts'
import { findReadingCode, playCaptured, type PlayedCapture } from './play-captured.ts'
import { compareReply, fillRequest, play } from './play.ts'
import { readChain, readRecordings, type Recording } from './recording.ts'

const usage = `npm run contracts:replay -- DIR [--url URL] [--venue ID] [--key KEY] [--with-debits-and-tickets]

Plays each recording in DIR through a fresh service, its core being what the recording tells of it.
  --url URL       a running service instead (https://…/zonal/v1): only replies are compared, and its core is the real one
  --venue, --key  for --url: credentials in place of the recordings' own (else ADAPTER_VENUE and ADAPTER_KEY)
  --with-debits-and-tickets
                  for --url: also sends debits, credits and tickets, which are real there; without it they are left out
`

const mockedCoreHost = `${new URL(mockedCore).hostname}:443`

type Target = { url: string; credentials: Credentials | undefined; withMoves: boolean }
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
  const recordings = readRecordings(folder)
  if (target) for (const line of warn(folder, recordings, target)) print(line)
  let different = 0
  let notUnderstood = 0
  for (const recording of recordings) {
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
    const options = {
      url: flag,
      venue: flag,
      key: flag,
      'with-debits-and-tickets': { type: 'boolean', default: false },
    } as const
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
    const [folder] = positionals
    const venueId = values.venue ?? process.env.ADAPTER_VENUE
    const apiKey = values.key ?? process.env.ADAPTER_KEY
    const credentials = venueId && apiKey ? { venueId, apiKey } : undefined
    if (!folder) return undefined
    const withMoves = values['with-debits-and-tickets']
    return { folder, target: values.url ? { url: values.url, credentials, withMoves } : undefined }
  } catch {
    return undefined // a flag that is not known, or has no value
  }
}

/** Before anything is sent: what is real there, or was left out because it would be. */
function warn(folder: string, recordings: Recording[], { url, withMoves }: Target): string[] {
  const moves = recordings.filter((recording) => mayMove(readChain(folder, recording))).length
  if (moves === 0) return []
  if (!withMoves)
    return [`${moves} of ${recordings.length} are left out: they may debit, credit or hand in a ticket.`]
  return [
    `WARNING: ${moves} of ${recordings.length} debit, credit or hand in a ticket at ${url}: that is real.`,
  ]
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
async function replayAt(
  { url, credentials, withMoves }: Target,
  folder: string,
  recording: Recording,
): Promise<Result> {
  const chain = readChain(folder, recording)
  if (!withMoves && mayMove(chain)) return { skipped: 'it needs --with-debits-and-tickets' }
  const why = whyNotAtARunningService(chain)
  if (why) return { skipped: why }
  const bindings: Bindings = new Map()
  let problems: string[] = []
  for (const each of chain) {
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

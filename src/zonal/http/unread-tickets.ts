import type { Middleware, ParameterizedContext } from 'koa'
import type { Loyalty } from '../../loyalty/loyalty.ts'
import { Refusal, type Code } from '../../model/refusal.ts'
import type { UnreadMessage, Caller } from '../../model/words.ts'
import type { Dialect } from '../dialect.ts'
import type { Remove } from '../messages/credential-fields.ts'
import { createCredentialsRemover } from '../messages/remove-credentials.ts'
import type { ApproveCaller } from './caller.ts'
import { readContentEncoding, unpackedChunks } from './decode.ts'
import type { Pace } from './pace.ts'
import type { TillState } from './state.ts'
import { beginningBytes, receiveUpload, collectSample, type Sample } from './upload.ts'

type Context = ParameterizedContext<TillState>

type Deps = {
  loyalty: Pick<Loyalty, 'keepUnreadTicket'>
  approveCaller: ApproveCaller
  dialects: readonly Dialect[]
  pace: Pace
}

/** The message itself is at fault: a till that is told one of these may drop it. */
const faults = new Set<Code>([
  'MESSAGE_INVALID',
  'MESSAGE_UNREADABLE',
  'CARD_INVALID',
  'MESSAGE_TOO_LARGE',
  'MEDIA_TYPE_UNSUPPORTED',
])

/**
 * Keeps each ticket that is refused because it cannot be read, whatever is wrong with it, so that no bill is lost. If only
 * the header says who sent it, that venue is approved first: nothing of a stranger's is kept, and a till whose venue cannot
 * be approved just now has to keep its ticket itself.
 *
 * @throws Refusal of the ticket, once it is kept; otherwise the one of its venue, or StorageUnavailable
 */
export function createUnreadTicketKeeper({
  loyalty,
  approveCaller,
  dialects,
  pace,
}: Deps): Middleware<TillState> {
  // A text that no dialect has read may be in any.
  const removeNamed = dialects.map(({ redaction }) => redaction.removeCredentials)

  return async function keepUnreadTicket(ctx, next) {
    const { state } = ctx
    const { exchange, operationInAddress } = state
    if (operationInAddress !== 'ticket' && operationInAddress !== 'inside') return await next()
    if (operationInAddress === 'ticket') exchange.message = 'ticket'
    const upload = receiveUpload(ctx.req)
    try {
      await next()
    } catch (error) {
      const isTicket = exchange.message === 'ticket' || exchange.message === undefined
      if (!isTicket || !(error instanceof Refusal) || !faults.has(error.code)) throw error
      const sample = await upload.sample()
      // The rest of the body would be read as the next request on this connection.
      if (!sample) ctx.set('Connection', 'close')
      if (!sample || sample.bytes.length === 0) throw error
      await pace(sample.bytes.length)
      // Without credentials in the header nobody knows who sent it, as those in the message cannot be read.
      const isNamed = ctx.get('Authorization') !== ''
      const caller = state.caller ?? (isNamed ? await approveCaller(ctx, {}) : undefined)
      const message = caller && (await toMessage(ctx, caller, sample, removeNamed))
      if (!message) throw error
      await loyalty.keepUnreadTicket({ ...message, reason: error.message }, exchange)
      exchange.isKept = true
      throw error
    }
  }
}

/** @returns undefined for a message of more than 16 MiB, decompressed */
async function toMessage(
  ctx: Context,
  { venue, credentials }: Caller,
  sample: Sample,
  removeNamed: readonly Remove[],
): Promise<UnreadMessage | undefined> {
  const unpacked = await unpackSample(sample, ctx.get('Content-Encoding'))
  if (!unpacked) return undefined
  const { bytes, cut } = unpacked.sample
  const { fromText, fromBytes } = createCredentialsRemover(credentials, removeNamed)
  const kept = fromBytes(bytes)
  const { dialect, head } = ctx.state
  return {
    venue,
    tenant: credentials.tenant,
    dialect: dialect.name,
    path: fromText(head.path ?? ''),
    contentType: fromText(ctx.get('Content-Type')),
    contentEncoding: unpacked.contentEncoding && fromText(unpacked.contentEncoding),
    base64: (cut ? kept.subarray(0, beginningBytes) : kept).toString('base64'),
    cut,
  }
}

type Unpacked = { sample: Sample; contentEncoding?: string }

/**
 * @returns what cannot be decompressed as it came, with its encoding; undefined for more than 16 MiB, decompressed
 */
async function unpackSample(sample: Sample, contentEncoding: string): Promise<Unpacked | undefined> {
  try {
    const coding = readContentEncoding(contentEncoding)
    if (!coding) return { sample }
    if (sample.cut) return { sample, contentEncoding }
    const unpacked = await collectSample(unpackedChunks(sample.bytes, coding))
    return unpacked && { sample: unpacked }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { sample, contentEncoding }
  }
}

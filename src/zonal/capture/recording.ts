import type { ParameterizedContext } from 'koa'
import type { TillState } from '../http/state.ts'
import { readSample, sampleBytes, type BodySample } from './body-sample.ts'
import { redactBody } from './redact-body.ts'
import { redactAddress, redactHeaders } from './redact-headers.ts'
import { createRules } from './rules.ts'
import type { StandIns } from './stand-ins.ts'

type RecordingSettings = { standIns: StandIns; basePath: string; keepsNames: boolean }
export type Recording = Awaited<ReturnType<typeof recordExchange>>

type Context = ParameterizedContext<TillState>

/** One exchange as in `contracts/recordings/`, with the shape of a message that is not understood. */
export async function recordExchange(
  ctx: Context,
  sample: BodySample,
  { standIns, basePath, keepsNames }: RecordingSettings,
) {
  const { exchange, code, dialect, head } = ctx.state
  const at = new Date(exchange.arrivedAtMs).toISOString()
  const body = { mediaType: head.mediaType, text: await readBody(ctx, sample) }
  const secrets = [...secretsOf(ctx), ...dialect.redaction.findSecrets(body)]
  const rules = createRules(standIns, secrets, keepsNames)
  const address = { path: ctx.path, query: ctx.querystring, basePath }
  return {
    name: [at.replace(/[:.]/g, '-'), exchange.message ?? 'none', code, exchange.requestId].join('_'),
    ...frame({
      dialect: dialect.name,
      title: `Captured ${at}.`,
      totalBytes: Math.max(sample.totalBytes(), ctx.request.length ?? 0),
      keptBytes: sample.bytes().length,
    }),
    request: {
      method: rules.keep(ctx.method),
      path: redactAddress(address, dialect, rules),
      headers: redactHeaders(ctx.headers, rules),
      body: redactBody(dialect, body, rules),
    },
    reply: {
      status: ctx.status,
      headers: ctx.response.headers,
      body: typeof ctx.body === 'string' ? dialect.redaction.redactReply(ctx.body, rules) : null,
    },
  }
}

/** @param bytes that were not HTTP: there is no method, path or header, so all of them count as the body */
export function recordBroken(
  bytes: Buffer,
  { atMs, id, dialect }: { atMs: number; id: string; dialect: string },
  { standIns }: RecordingSettings,
): Recording {
  const at = new Date(atMs).toISOString()
  const rules = createRules(standIns, [], false)
  return {
    name: [at.replace(/[:.]/g, '-'), 'none', 'NO_HTTP', id].join('_'),
    ...frame({
      dialect,
      title: `Captured ${at}. It was not HTTP.`,
      totalBytes: bytes.length,
      keptBytes: Math.min(bytes.length, sampleBytes),
    }),
    request: {
      method: '',
      path: '',
      headers: {},
      body: rules.ofText(bytes.subarray(0, sampleBytes).toString('latin1')),
    },
    reply: { status: 400, headers: {}, body: null },
  }
}

type Frame = { dialect: string; title: string; totalBytes: number; keptBytes: number }

function frame({ dialect, title, totalBytes, keptBytes }: Frame) {
  const cut =
    totalBytes > keptBytes ? ` Of ${totalBytes} bytes of its body the first ${keptBytes} are here.` : ''
  return {
    origin: 'captured',
    dialect,
    note:
      `${title}${cut} Credentials and names are removed; cards, staff and unknown fields are stand-ins of the same ` +
      'shape.',
    core: [],
    event: null,
  }
}

async function readBody(ctx: Context, sample: BodySample): Promise<string> {
  const { body } = ctx.request
  if (typeof body === 'string') return body.slice(0, sampleBytes)
  const { isClaimed, charset } = ctx.state
  const contentEncoding = ctx.get('Content-Encoding')
  return readSample(sample.bytes(), { charset: isClaimed ? charset : undefined, contentEncoding })
}

function secretsOf(ctx: Context): string[] {
  const { apiKey, cardNumber } = ctx.state.exchange.secrets
  const ofExchange = [apiKey, cardNumber].filter((secret) => secret !== undefined)
  return [...ofExchange, ...readAuthorization(ctx.get('Authorization'))]
}

/** Everything in it, including the user name, since the key may have been typed there. */
function readAuthorization(authorization: string): string[] {
  const words = authorization.split(/[\s,;="]+/).filter(({ length }) => length >= 8)
  const decoded = words.map((word) => Buffer.from(word, 'base64').toString())
  const colon = (pair: string) => pair.indexOf(':')
  const pairs = decoded.filter((pair) => colon(pair) >= 0)
  const parts = pairs.flatMap((pair) => [pair.slice(colon(pair) + 1), pair.slice(0, colon(pair))])
  return [...parts.filter(({ length }) => length >= 6), ...words]
}

import type { ParameterizedContext } from 'koa'
import type { TrackedState } from '../../observability/tracking.ts'
import { readSample, sampleBytes, type BodySample } from './body-sample.ts'
import { createRules, type CaptureRules } from './rules.ts'
import { findSecrets, redactBody, redactReply } from '../dialects/json/redact.ts'
import { redactHeaders, redactPath } from './redact-headers.ts'
import type { StandIns } from './stand-ins.ts'

export type RecordingSettings = { standIns: StandIns; basePath: string; keepsNames: boolean }
export type Recording = Awaited<ReturnType<typeof recordExchange>>

/** One exchange as in `contracts/recordings/`, with the shape of what nobody understands. */
export async function recordExchange(
  ctx: ParameterizedContext<TrackedState>,
  sample: BodySample,
  { standIns, basePath, keepsNames }: RecordingSettings,
) {
  const { exchange, code } = ctx.state
  const at = new Date(exchange.arrivedAtMs).toISOString()
  const contentType = ctx.get('Content-Type')
  const text = await readBody(ctx, sample)
  const { apiKey, cardNumber } = exchange.secrets
  const secrets = [apiKey, cardNumber, ...readAuthorization(ctx.get('Authorization'))]
  const known = secrets.flatMap((secret) => secret ?? [])
  const rules = createRules(standIns, [...known, ...findSecrets(contentType, text)], keepsNames)
  return {
    name: [at.replace(/[:.]/g, '-'), exchange.message ?? 'none', code, exchange.requestId].join('_'),
    ...frame(
      `Captured ${at}.`,
      Math.max(sample.totalBytes(), ctx.request.length ?? 0),
      sample.bytes().length,
    ),
    request: {
      method: rules.keep(ctx.method),
      path: redactPath(ctx.path, ctx.querystring, basePath, rules),
      headers: redactHeaders(ctx.headers, rules),
      body: redactBody(contentType, text, rules),
    },
    reply: {
      status: ctx.status,
      headers: ctx.response.headers,
      body: redactReply(ctx.body, rules) ?? null,
    },
  }
}

/** What was no HTTP: it has no method, path or headers, so all of it is the body. */
export function recordBroken(
  bytes: Buffer,
  atMs: number,
  id: string,
  { standIns }: RecordingSettings,
): Recording {
  const at = new Date(atMs).toISOString()
  const rules: CaptureRules = createRules(standIns, [], false)
  return {
    name: [at.replace(/[:.]/g, '-'), 'none', 'NO_HTTP', id].join('_'),
    ...frame(`Captured ${at}. It was no HTTP.`, bytes.length, Math.min(bytes.length, sampleBytes)),
    request: {
      method: '',
      path: '',
      headers: {},
      body: rules.ofText(bytes.subarray(0, sampleBytes).toString('latin1')),
    },
    reply: { status: 400, headers: {}, body: null },
  }
}

function frame(what: string, bodyBytes: number, keptBytes: number) {
  const cut =
    bodyBytes > keptBytes ? ` Of ${bodyBytes} bytes of its body the first ${keptBytes} are here.` : ''
  return {
    origin: 'captured',
    note:
      `${what}${cut} Credentials and names are removed; cards, staff, and what nobody knows are stand-ins of the same ` +
      'shape.',
    core: [],
    event: null,
  }
}

async function readBody(ctx: ParameterizedContext<TrackedState>, sample: BodySample): Promise<string> {
  const { body } = ctx.request
  if (typeof body === 'string') return body.slice(0, sampleBytes)
  const contentEncoding = ctx.get('Content-Encoding')
  return readSample(sample.bytes(), { contentType: ctx.get('Content-Type'), contentEncoding })
}

/** Whatever is in it: the user's name too, as the key may have been typed there. */
function readAuthorization(authorization: string): string[] {
  const words = authorization.split(/[\s,;="]+/).filter(({ length }) => length >= 8)
  const decoded = words.map((word) => Buffer.from(word, 'base64').toString())
  const colon = (pair: string) => pair.indexOf(':')
  const pairs = decoded.filter((pair) => colon(pair) >= 0)
  const parts = pairs.flatMap((pair) => [pair.slice(colon(pair) + 1), pair.slice(0, colon(pair))])
  return [...parts.filter(({ length }) => length >= 6), ...words]
}

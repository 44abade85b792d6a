import { bytesIn, messagesIn, numberIn, readMessage, textIn, type Message } from './protobuf.ts'

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const

export type ReceivedSpan = {
  name: string
  kind: (typeof kinds)[number]
  traceId: string
  spanId: string
  /** Empty for the root of a trace. */
  parentId: string
  /** ns since 1970. */
  from: bigint
  to: bigint
  attributes: Record<string, unknown>
  links: { traceId: string; spanId: string }[]
  isFailed: boolean
}

/**
 * Reads what an exporter sends: opentelemetry/proto/collector/trace/v1/trace_service.proto.
 * @returns the spans, each with what is said of the service
 */
export function readExport(body: Buffer): (ReceivedSpan & { resource: Record<string, unknown> })[] {
  return messagesIn(readMessage(body), 1).flatMap((ofResource) => {
    const resource = Object.assign({}, ...messagesIn(ofResource, 1).map((each) => attributesIn(each, 1)))
    const spans = messagesIn(ofResource, 2).flatMap((ofScope) => messagesIn(ofScope, 2))
    return spans.map((span) => ({ ...readSpan(span), resource }))
  })
}

function readSpan(span: Message): ReceivedSpan {
  const [status] = messagesIn(span, 15)
  return {
    name: textIn(span, 5),
    kind: kinds[numberIn(span, 6)]!,
    traceId: textIn(span, 1, 'hex'),
    spanId: textIn(span, 2, 'hex'),
    parentId: textIn(span, 4, 'hex'),
    from: bytesIn(span, 7)[0]!.readBigUInt64LE(),
    to: bytesIn(span, 8)[0]!.readBigUInt64LE(),
    attributes: attributesIn(span, 9),
    links: messagesIn(span, 13).map((link) => ({
      traceId: textIn(link, 1, 'hex'),
      spanId: textIn(link, 2, 'hex'),
    })),
    isFailed: status !== undefined && numberIn(status, 3) === 2,
  }
}

function attributesIn(message: Message, field: number): Record<string, unknown> {
  return Object.fromEntries(
    messagesIn(message, field).map((pair) => {
      const [value = new Map()] = messagesIn(pair, 2)
      return [textIn(pair, 1), readValue(value)]
    }),
  )
}

function readValue(value: Message): unknown {
  if (value.has(1)) return textIn(value, 1)
  if (value.has(2)) return numberIn(value, 2) === 1
  if (value.has(3)) return numberIn(value, 3)
  return bytesIn(value, 4)[0]?.readDoubleLE()
}

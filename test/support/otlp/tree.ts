import type { ReceivedSpan } from './spans.ts'

/** @returns a line for the span and each of its parts, in the order in which they began, indented by their depth */
export function treeOf(span: ReceivedSpan, spans: ReceivedSpan[], depth = 0): string[] {
  const parts = spans
    .filter(({ parentId, traceId }) => parentId === span.spanId && traceId === span.traceId)
    .toSorted((a, b) => (a.from < b.from ? -1 : 1))
  const line = `${'  '.repeat(depth)}${span.name} (${span.kind}${span.isFailed ? ', failed' : ''})`
  return [line, ...parts.flatMap((part) => treeOf(part, spans, depth + 1))]
}

/** @returns the spans that begin a trace or continue a caller's, in the order in which they began */
export function rootsOf(spans: ReceivedSpan[]): ReceivedSpan[] {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  return spans.filter(({ parentId }) => !ids.has(parentId)).toSorted((a, b) => (a.from < b.from ? -1 : 1))
}

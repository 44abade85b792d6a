import { z } from 'zod'
import { list } from './lists.ts'

const wrongPairs = 'must be name=value, comma separated, with percent codes for what is special'

/** Empty, or the address of a collector of traces. */
export const collectorUrl = z.string().superRefine((value, ctx) => {
  const url = value && URL.canParse(value) ? new URL(value) : undefined
  if (value && !/^https?:$/.test(url?.protocol ?? '')) ctx.addIssue('must be an http or https URL')
  if (url?.username || url?.password)
    ctx.addIssue('must have no user name or password: the key goes into OTEL_EXPORTER_OTLP_HEADERS')
})

/** What a header may be made of: https://www.rfc-editor.org/rfc/rfc9110#name-fields */
export const collectorHeaders = pairs(/^[\w!#$%&'*+.^`|~-]+$/, /^[\x20-\x7e]*$/)
export const resourceAttributes = pairs(/./, /^/)

/** 0 to 1. */
export const share = z
  .string()
  .regex(/^(0|1|[01]?\.\d+|1\.0+)$/, 'must be a number from 0 to 1')
  .transform(Number)
  .pipe(z.number().max(1, 'must be a number from 0 to 1'))

/** As OpenTelemetry writes them: percent-encoded, comma separated. */
function pairs(name: RegExp, value: RegExp) {
  return list.transform((parts, ctx) => {
    const found = parts.map((part) => /^([^=]+?)\s*=\s*(.*)$/s.exec(part)?.slice(1).map(decode) ?? [])
    const isRight = found.every(
      ([key, text]) => key && text !== undefined && name.test(key) && value.test(text),
    )
    if (!isRight) ctx.addIssue(wrongPairs)
    return Object.fromEntries(found) as Record<string, string>
  })
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

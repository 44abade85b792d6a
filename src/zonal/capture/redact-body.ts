import type { Dialect } from '../dialect.ts'
import { formType, isForm, isLongForm } from '../messages/forms.ts'
import { shapeOfValue, type BodyText, type Redaction } from '../redaction.ts'
import type { CaptureRules } from './rules.ts'
import { looksLikeXml, shapeOfLines, shapeOfXml } from './shapes-of-text.ts'

/**
 * A body for a recording. The dialect redacts what is in its syntax. Of anything else the shape is kept: names where the
 * syntax is recognised, and a stand-in for every letter and digit of a value.
 */
export function redactBody({ redaction }: Dialect, body: BodyText, rules: CaptureRules): string {
  const redacted = redaction.redactBody(body, rules)
  if (redacted !== undefined) return redacted
  const { mediaType, text } = body
  if (looksLikeXml(text)) return shapeOfXml(text, { ofText: rules.ofText, keepName: rules.keepName })
  if (isForm(mediaType) && !isLongForm(text)) return redactForm(text, redaction, rules)
  // The name of a field that we know is nobody's secret, wherever it appears.
  const isKept = (name: string) => redaction.fieldOf(name) !== undefined || rules.isUnknownNameKept(name)
  return shapeOfLines(text, rules.ofText, isKept)
}

/** The query of an address, in which a till may send what others send in a form. */
export function redactQuery({ redaction }: Dialect, query: string, rules: CaptureRules): string {
  const redacted = redaction.redactBody({ mediaType: formType, text: query }, rules)
  return redacted ?? redactForm(query, redaction, rules)
}

function redactForm(text: string, { fieldOf }: Redaction, rules: CaptureRules): string {
  const form = new URLSearchParams()
  for (const [name, value] of new URLSearchParams(text))
    form.append(rules.keepName(name), shapeOfValue(fieldOf(name), value, rules))
  return form.toString()
}

import { isForm, isEnvelope } from './read-request.ts'

// Not in TypeScript's library yet: https://github.com/tc39/proposal-json-parse-with-source
declare global {
  interface JSON {
    rawJSON(text: string): object
    isRawJSON(value: unknown): value is { rawJSON: string }
  }
}

/**
 * Changes the JSON of a body, or of a form's field `request`, other form fields being dropped.
 * @param change gets and returns a JSON value in which each number is a `JSON.rawJSON`, as it was written
 * @returns undefined where there is no JSON that can be read
 */
export function rewriteBody(
  contentType: string,
  text: string,
  change: (message: unknown) => unknown,
): string | undefined {
  try {
    if (!isForm(contentType)) return rewriteJson(text, change)
    const form = new URLSearchParams()
    for (const [name, json] of new URLSearchParams(text))
      if (isEnvelope(name)) form.append(name, rewriteJson(json, change))
    return form.size > 0 ? form.toString() : undefined
  } catch {
    return undefined // no JSON, or nested too deeply
  }
}

function rewriteJson(json: string, change: (message: unknown) => unknown): string {
  return JSON.stringify(change(JSON.parse(json, keepNumbersAsWritten)))
}

function keepNumbersAsWritten(_name: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && context?.source !== undefined ? JSON.rawJSON(context.source) : value
}

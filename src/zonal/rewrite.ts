import { isForm, isEnvelope } from './read-request.ts'

// Not in TypeScript's library yet: https://github.com/tc39/proposal-json-parse-with-source
declare global {
  interface JSON {
    rawJSON(text: string): object
    isRawJSON(value: unknown): value is { rawJSON: string }
  }
}

/** The fields of a message that prove who the till is. */
const secretNames = new Set(['username', 'token', 'password'])
/** Also in escaped letters. */
const perhapsSecret = /username|token|password|\\u/i
export const removed = '(removed)'

export function isSecret(name: string): boolean {
  return secretNames.has(name.toLowerCase())
}

/**
 * A message as it came, but for what its credentials say: for keeping. Numbers stay as they were written. What has no
 * credentials is kept to the letter: of a repeated key, rewriting would keep the last only.
 * @returns the text with the same media type; of a text that is no message only its length
 */
export function withoutCredentials(contentType: string, text: string): string {
  if (!isForm(contentType) && !perhapsSecret.test(text)) return text
  return rewriteBody(contentType, text, dropSecrets) ?? `(unreadable, ${text.length} characters)`
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

function dropSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(dropSecrets)
  if (typeof value !== 'object' || value === null || JSON.isRawJSON(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, isSecret(name) ? removed : dropSecrets(inner)]),
  )
}

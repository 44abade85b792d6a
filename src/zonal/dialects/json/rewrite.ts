// Not in TypeScript's library yet: https://github.com/tc39/proposal-json-parse-with-source
declare global {
  interface JSON {
    rawJSON(text: string): object
    isRawJSON(value: unknown): value is { rawJSON: string }
  }
}

/**
 * @param change receives and returns a JSON value in which each number is a `JSON.rawJSON`, as it was written
 * @returns undefined for a text that is not a JSON object or list, or is nested too deeply
 */
export function rewriteJson(json: string, change: (message: object) => unknown): string | undefined {
  try {
    const message: unknown = JSON.parse(json, keepNumbersAsWritten)
    if (typeof message !== 'object' || message === null || JSON.isRawJSON(message)) return undefined
    return JSON.stringify(change(message))
  } catch {
    return undefined
  }
}

function keepNumbersAsWritten(_name: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && context?.source !== undefined ? JSON.rawJSON(context.source) : value
}

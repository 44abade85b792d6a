import { pino, type DestinationStream, type Logger } from 'pino'
import { harmless } from './line-guard.ts'

export type { Logger }

/** JSON lines on stdout. Never give it anything secret: log errors by `describeError`, not as they are. */
export function createLogger(
  level: string,
  // Lines are gathered while a write is under way, so that no request waits for whoever reads them. The rest is written
  // when the process ends, unless it is killed.
  destination: DestinationStream = pino.destination({ sync: false }),
): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: harmless },
    },
    destination,
  )
}

/**
 * What may be logged of an error. Not its other properties: libraries keep headers and bodies there.
 * @returns name, code, message and stack, and the same of its cause
 */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: 'a value that is no Error was thrown' }
  const { name, cause } = error
  // The message of a SyntaxError quotes the text that could not be read.
  const { message, stack } =
    error instanceof SyntaxError ? { message: 'unreadable text', stack: undefined } : error
  const code = (error as NodeJS.ErrnoException).code
  return { name, code, message, stack, ...(cause === undefined ? {} : { cause: describeError(cause) }) }
}

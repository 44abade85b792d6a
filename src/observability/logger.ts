import { pino, type DestinationStream, type Logger } from 'pino'
import { harmless } from './line-guard.ts'

export type { Logger }

/** JSON lines on stdout. Nothing secret is given to it: errors are logged by `describeError`, not whole. */
export function createLogger(
  level: string,
  // While one write is under way the lines behind it gather, so that no request waits for whoever reads them; what is
  // left goes out when the process ends, unless it is killed.
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
 * What may be said of an error: never its properties, where libraries keep headers and bodies.
 * @returns name, code, message, stack and the same of its cause
 */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: 'a value that is no Error was thrown' }
  const { name, cause } = error
  // A SyntaxError quotes the text that it could not read.
  const { message, stack } =
    error instanceof SyntaxError ? { message: 'unreadable text', stack: undefined } : error
  const code = (error as NodeJS.ErrnoException).code
  return { name, code, message, stack, ...(cause === undefined ? {} : { cause: describeError(cause) }) }
}

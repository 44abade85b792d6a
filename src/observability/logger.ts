import { pino, type DestinationStream, type Logger } from 'pino'
import { harmless } from './line-guard.ts'

export type { Logger }

/** Lines are written together once there are this many bytes of them: a write for each took a tenth of a balance's time. */
const gatheredBytes = 16_000
/** No line waits for longer. */
const gatheredForMs = 50

/**
 * Writes to stdout in the background, so that no request waits for whoever reads it. What is gathered when the process
 * ends is written then, also if an error ends it, unless it is killed.
 */
function createDestination(): DestinationStream {
  return pino.destination({ sync: false, minLength: gatheredBytes, periodicFlush: gatheredForMs })
}

let stdout: DestinationStream | undefined

/** Shared by all loggers of the process, since each destination has a timer that never stops. */
function useStdout(): DestinationStream {
  return (stdout ??= createDestination())
}

/** JSON lines on stdout. Never give it anything secret: log errors by `describeError`, not as they are. */
export function createLogger(level: string, destination = useStdout()): Logger {
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
  if (!(error instanceof Error)) return { message: 'a value that is not an Error was thrown' }
  const { name, cause } = error
  // The message of a SyntaxError quotes the text that could not be read.
  const { message, stack } =
    error instanceof SyntaxError ? { message: 'unreadable text', stack: undefined } : error
  const code = (error as NodeJS.ErrnoException).code
  return { name, code, message, stack, ...(cause === undefined ? {} : { cause: describeError(cause) }) }
}

import type { Work } from './work.ts'

/** Each failed try means that the row was changed by others meanwhile, which cannot go on for long. */
const maxTries = 20

/**
 * @param attempt reads, decides and writes; undefined if a row was changed since it was read
 * @throws Error if that happens again and again
 */
export function* untilWritten<T>(attempt: () => Work<T | undefined>): Work<T> {
  for (let tries = 0; tries < maxTries; tries++) {
    const result = yield* attempt()
    if (result !== undefined) return result
  }
  throw new Error(`a redemption was changed by others ${maxTries} times in a row`)
}

/** Each miss means that somebody else has changed the row meanwhile, which cannot go on for long. */
const mostTries = 20

/**
 * @param attempt reads, decides and writes; undefined if a row was changed since it was read
 * @throws Error if that happens again and again
 */
export function untilWritten<T>(attempt: () => T | undefined): T {
  for (let tries = 0; tries < mostTries; tries++) {
    const result = attempt()
    if (result !== undefined) return result
  }
  throw new Error(`a redemption was changed by others ${mostTries} times in a row`)
}

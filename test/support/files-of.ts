import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @returns the files of a folder that a service may be using, as text of bytes. A thread of the service deletes files of
 *   its own, such as the first journal of a database: one that is gone by the time it is read is left out
 */
export function filesOf(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    try {
      return readFileSync(join(folder, name), 'latin1')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  })
}

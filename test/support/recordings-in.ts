import { readFileSync, readdirSync, watch } from 'node:fs'
import { join } from 'node:path'

/**
 * Waits for captured recordings, which are written after the answer. The folder is watched before it is looked at, and
 * looked at without a pause, so that no file comes in between.
 * @returns the texts of the recordings in a folder, once there are `count` whole ones
 */
export async function recordingsIn(folder: string, count: number): Promise<string[]> {
  const { promise, resolve } = Promise.withResolvers<string[]>()
  const look = () => {
    const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'))
    const whole = texts.filter((text) => text.endsWith('}\n'))
    if (whole.length === count) resolve(whole)
  }
  const watcher = watch(folder, look)
  look()
  try {
    return await promise
  } finally {
    watcher.close()
  }
}

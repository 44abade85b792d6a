import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const maxRecordings = 2000
const maxBytes = 24 * 1024 ** 2

/** A folder with one file for each recording. Recordings that it already holds count towards its limits. */
export function createCaptureFolder(dir: string) {
  let files = 0
  let bytes = 0
  let isCounted = false

  async function count() {
    await mkdir(dir, { recursive: true })
    const names = (await readdir(dir)).filter((name) => name.endsWith('.json')).slice(0, maxRecordings)
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(dir, name))).size))
    files = names.length
    bytes = sizes.reduce((sum, size) => sum + size, 0)
    isCounted = true
  }

  return {
    /** @throws Error if the folder is full: 2,000 recordings, or 24 MiB */
    async write(recording: { name: string }): Promise<void> {
      if (!isCounted) await count()
      const text = `${JSON.stringify(recording, null, 2)}\n`
      if (files >= maxRecordings || bytes + Buffer.byteLength(text) > maxBytes)
        throw new Error(
          `the folder is full (${maxRecordings} recordings or ${maxBytes} bytes): empty it and restart`,
        )
      await writeFile(join(dir, `${recording.name}.json`), text, { flag: 'wx', mode: 0o600 })
      files += 1
      bytes += Buffer.byteLength(text)
    },
  }
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { markPending } from '../support/mark-pending.ts'
import { buildImage } from './build.ts'
import { whyNoContainers, type Image } from './container.ts'

/** Two times `npm ci`, and the first time from the registry, on a machine that does other things. */
const buildTimeoutMs = 900_000

/**
 * The image for a suite, built once. If this machine cannot build it the suite is pending, or fails if REQUIRE_IMAGE=1.
 * @param given as `--build-arg`
 * @returns to be called in a test: the image
 */
export function useImage(given: Record<string, string>): () => Image {
  let folder: string | undefined
  let image: Image | undefined
  before(async function () {
    this.timeout(buildTimeoutMs)
    const reason = whyNoContainers()
    if (reason) markPending(this, `${reason} (run the test as root on Linux x64)`, 'REQUIRE_IMAGE')
    folder = mkdtempSync(join(tmpdir(), 'adapter-image-'))
    image = await buildImage(folder, given)
  })
  after(() => {
    if (folder) rmSync(folder, { recursive: true })
  })
  return () => {
    if (!image) throw new Error('the image can only be used in a test')
    return image
  }
}

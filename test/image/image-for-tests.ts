import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildImage } from './build.ts'
import { whyNoContainers, type Image } from './container.ts'

/** Two times `npm ci`, and the first time from the registry, on a machine that does other things. */
const buildTimeoutMs = 900_000

/**
 * The image for a suite, built once. Where the machine cannot the suite is pending, or fails with REQUIRE_IMAGE=1.
 * @param given as `--build-arg`
 * @returns to be called in a test: the image
 */
export function useImage(given: Record<string, string>): () => Image {
  let folder: string | undefined
  let image: Image | undefined
  before(async function () {
    this.timeout(buildTimeoutMs)
    if (cannotBuild()) return this.skip()
    folder = mkdtempSync(join(tmpdir(), 'adapter-image-'))
    image = await buildImage(folder, given)
  })
  after(() => {
    if (folder) rmSync(folder, { recursive: true })
  })
  return () => {
    if (!image) throw new Error('The image is there in tests only')
    return image
  }
}

/** @throws what is missing where REQUIRE_IMAGE=1 */
function cannotBuild(): boolean {
  const reason = whyNoContainers()
  if (reason && process.env.REQUIRE_IMAGE === '1') throw new Error(`REQUIRE_IMAGE=1, but ${reason}`)
  if (reason) console.warn(`\n!!! THE IMAGE IS NOT TESTED: ${reason}. Run the test as root on Linux x64.\n`)
  return reason !== undefined
}

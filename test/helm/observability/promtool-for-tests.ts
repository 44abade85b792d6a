import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

let missing: Promise<boolean> | undefined

/**
 * For suites that need promtool. Without it they are pending, with one loud line, or fail where REQUIRE_PROMTOOL=1.
 * @returns to be called in a test: runs promtool, and throws what it says where it is not content
 */
export function usePromtool(): (...words: string[]) => Promise<string> {
  before(async function () {
    if (await isMissing()) return this.skip()
  })
  return async (...words) => {
    const { stdout, stderr } = await execute('promtool', words).catch((error: unknown) => {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
      throw new Error(`promtool ${words.join(' ')}\n${stdout}${stderr}`, { cause: error })
    })
    return stdout + stderr
  }
}

/** @throws where REQUIRE_PROMTOOL=1 */
async function isMissing(): Promise<boolean> {
  missing ??= findMissing()
  const cannotRun = await missing
  if (cannotRun && process.env.REQUIRE_PROMTOOL === '1')
    throw new Error('REQUIRE_PROMTOOL=1, but promtool cannot be run')
  return cannotRun
}

async function findMissing(): Promise<boolean> {
  const isThere = await execute('promtool', ['--version']).then(
    () => true,
    () => false,
  )
  if (!isThere)
    console.warn(
      '\n!!! ALERTS ARE NOT TESTED: promtool cannot be run. It is in the package prometheus of Debian.\n',
    )
  return !isThere
}

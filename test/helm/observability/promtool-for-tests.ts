import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { markPending } from '../../support/mark-pending.ts'

const execute = promisify(execFile)

let isThere: Promise<boolean> | undefined

/**
 * For suites that need promtool. Without it they are pending, or fail if REQUIRE_PROMTOOL=1.
 * @returns to be called in a test: runs promtool
 * @throws Error with what promtool says if it finds something wrong
 */
export function usePromtool(): (...words: string[]) => Promise<string> {
  before(async function () {
    isThere ??= canRun()
    if (await isThere) return
    markPending(this, "promtool cannot be run (it is in Debian's package prometheus)", 'REQUIRE_PROMTOOL')
  })
  return async (...words) => {
    const { stdout, stderr } = await execute('promtool', words).catch((error: unknown) => {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
      throw new Error(`promtool ${words.join(' ')}\n${stdout}${stderr}`, { cause: error })
    })
    return stdout + stderr
  }
}

function canRun(): Promise<boolean> {
  return execute('promtool', ['--version']).then(
    () => true,
    () => false,
  )
}

import { accessSync, constants } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'
import { markPending } from './mark-pending.ts'

/**
 * A real browser for a suite: the program that CHROMIUM names, else Debian's. Without it the suite is pending, or fails if
 * REQUIRE_CHROMIUM=1.
 * @returns to be called in a test: the browser
 */
export function useChromium(): () => Browser {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
  let browser: Browser | undefined
  before(async function () {
    try {
      accessSync(executablePath, constants.X_OK)
    } catch {
      markPending(this, `${executablePath} cannot be run (install Debian's chromium)`, 'REQUIRE_CHROMIUM')
    }
    // Chromium refuses its sandbox to root, and containers give little shared memory.
    const args = ['--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])]
    browser = await chromium.launch({ executablePath, args })
  })
  after(() => browser?.close())
  return () => {
    if (!browser) throw new Error('The browser can only be used in a test')
    return browser
  }
}

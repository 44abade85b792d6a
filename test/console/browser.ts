import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect } from 'chai'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Role } from '../../src/config/console-users.ts'
import { password } from './open-console.ts'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Also on a machine that is busy. */
const patienceMs = 30_000

/** A browser profile of somebody who is logged in, which keeps what the content policy and the script complain of. */
export async function logIn(
  browser: Browser,
  url: string,
  { as = 'operator', ...options }: BrowserContextOptions & { as?: Role } = {},
) {
  const context = await browser.newContext({
    httpCredentials: { username: as, password },
    baseURL: url,
    ...options,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(patienceMs)
  const complaints: string[] = []
  // A page that is refused is an error of the network for the browser too.
  page.on(
    'console',
    (message) =>
      message.type() === 'error' &&
      !/status of 4\d\d/.test(message.text()) &&
      complaints.push(message.text()),
  )
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  return {
    page,
    context,
    complaints,
    async find(text: string) {
      await page.getByRole('searchbox').fill(text)
      await page.getByRole('button', { name: 'Find' }).click()
      await page.waitForLoadState()
    },
    heading: (name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor(),
    [Symbol.asyncDispose]: () => context.close(),
  }
}

/** WCAG 2.2 AA, as far as axe can see. */
export async function expectAccessible(page: Page, name: string) {
  await page.evaluate(axeSource)
  const found = await page.evaluate(async () => {
    const axe = (globalThis as unknown as { axe: { run: () => Promise<{ violations: Violation[] }> } }).axe
    return (await axe.run()).violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`,
    )
  })
  expect(found, name).to.deep.equal([])
}

type Violation = { id: string; nodes: { html: string }[] }

/** Whether anything is wider than the window. */
export function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')
}

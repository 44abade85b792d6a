import type { Browser, BrowserContextOptions } from 'playwright-core'

/** Also on a machine that is busy. */
const patienceMs = 30_000

export type OpenedPage = Awaited<ReturnType<typeof openPage>>

/** Opens the sandbox's page in a browser profile of its own, and keeps what its content policy and its script complain of. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  page.setDefaultTimeout(patienceMs)
  const complaints: string[] = []
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(url)
  return {
    context,
    page,
    complaints,
    press: (name: string) => page.getByRole('button', { name, exact: true }).click(),
    /** Waits until the till shows it. */
    screen: (text: string) => page.locator('#screen').getByText(text).waitFor(),
    /** Presses a switch, and waits until it is on. */
    async switchTo(name: string, state: string) {
      await page.locator(`#${name}-${state}`).click()
      await page.locator(`#${name}-${state}[aria-pressed=true]`).waitFor()
    },
    /** The latest exchange. */
    newest: page.locator('article').first(),
    [Symbol.asyncDispose]: () => context.close(),
  }
}

export async function assignAnna({ page, press, screen }: OpenedPage) {
  await page.locator('#card').selectOption('CROWN1001')
  await press('Assign card')
  await screen('Card CROWN1001 assigned')
  await press('Balance check')
  await screen('1,250 points')
}

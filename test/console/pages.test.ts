import { mkdir } from 'node:fs/promises'
import { expect } from 'chai'
import { useChromium } from '../support/chromium.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo } from '../service/counter.ts'
import { basic } from '../simulators/till/encode.ts'
import { expectAccessible, isTooWide, logIn } from './browser.ts'
import { openTestConsole, type TestConsole } from './open-console.ts'
import { makeStuckJournal } from './with-stuck.ts'

const { anna } = demo.cards
/** Of the pages that contracts/console.md shows: written if this is set, as by `npm run screenshots`. */
const screenshotsFolder = process.env.SCREENSHOTS

describe('the pages of the console, in a browser,', function () {
  this.timeout(180_000)
  useRealSockets()
  const browser = useChromium()
  let journal: Awaited<ReturnType<typeof makeStuckJournal>>
  let test: TestConsole
  let paths: Record<string, string>

  before(async () => {
    journal = await makeStuckJournal()
    test = await openTestConsole(journal.env)
    const { till } = test
    const bill = { cardNumber: anna, accountNumber: '5001' }
    await till.balance(bill)
    await till.debit({ ...bill, transactionId: 'R-1', rewardId: demo.coupons.coffee })
    test.core.faults.next({ operation: 'redeem', kind: '500', when: 'before' })
    await till.debit({ ...bill, transactionId: 'R-2', rewardId: demo.coupons.cake })
    await till.ticket({ ...bill, ticketId: 'B-1', closedAt: new Date(), total: 12, currency: 'GBP' })
    await till.raw({
      path: '/ticket',
      headers: {
        'content-type': 'application/json',
        authorization: basic({ venueId: demo.venueId, apiKey: demo.apiKey }),
      },
      body: '{"ticketId":"B-2"}',
    })
    const { json: letters } = await test.ask('/dead-letters')
    const [letter] = (letters as { deadLetters: { id: string }[] }).deadLetters
    const card = await test.ask('/search', { fields: { q: anna } })
    paths = {
      overview: '/',
      bill: '/bills/1902/5001',
      card: card.headers.get('location')!,
      redemptions: '/redemptions',
      redemption: `/redemptions/${journal.id}`,
      'dead letters': '/dead-letters',
      'a dead letter': `/dead-letters/${letter!.id}`,
      audit: '/audit',
      runbook: '/runbooks/ZonalRedemptionsStuck',
      'a bill that is unknown': '/bills/1902/none',
      'a page that is unknown': '/nowhere',
    }
  })
  after(async () => {
    await test?.close()
    await journal?.end()
  })

  it('have nothing that axe finds, light and dark, and no complaint of the content policy', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await using opened = await logIn(browser(), test.url, { colorScheme })
      for (const [name, path] of Object.entries(paths)) {
        await opened.page.goto(path)
        await expectAccessible(opened.page, `${name}, ${colorScheme}`)
      }
      expect(opened.complaints).to.deep.equal([])
    }
  })

  it('fit into 360 px', async () => {
    await using opened = await logIn(browser(), test.url, { viewport: { width: 360, height: 740 } })
    for (const [name, path] of Object.entries(paths)) {
      await opened.page.goto(path)
      expect(await isTooWide(opened.page), name).to.equal(false)
    }
  })

  it('work without script: a bill is found, and a dead letter is sent again', async () => {
    await using opened = await logIn(browser(), test.url, { javaScriptEnabled: false })
    const { page } = opened
    await page.goto('/')
    await opened.find('5001')
    await opened.heading('Bill 5001 at venue 1902')
    await page.goto(paths['a dead letter']!)
    const form = page.getByRole('form', { name: 'Send it again' })
    await form.getByLabel('Why?').fill('the till was mended')
    await form.getByRole('button').click()
    await page.getByRole('alert').getByText('it still cannot be read').waitFor()
  })

  it('work with the keyboard alone: skipped to the content, found, and decided', async () => {
    await using opened = await logIn(browser(), test.url)
    const { page } = opened
    await page.goto('/')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.id')).to.equal('main')
    const focus = async (selector: string) => {
      for (let presses = 0; presses < 60; presses++) {
        if (await page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`)) return
        await page.keyboard.press('Tab')
      }
      throw new Error(`no key press leads to ${selector}`)
    }
    await page.goto('/redemptions')
    await focus(`a[href="/redemptions/${journal.id}"]`)
    await page.keyboard.press('Enter')
    await opened.heading(`Redemption ${journal.id}`)
    await focus('#retry-why')
    await page.keyboard.type('the member is not blocked any more')
    await page.keyboard.press('Enter')
    await page.getByText('✓ Done: operator has tried again to give back').waitFor()
  })

  it('are loaded again by themselves, unless they are paused', async () => {
    await using opened = await logIn(browser(), test.url)
    const { page } = opened
    await page.clock.install()
    await page.goto('/')
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    const fresh = page.waitForResponse((answer) => new URL(answer.url()).pathname === '/')
    await page.clock.runFor(15_000)
    await fresh
    await page.getByRole('button', { name: 'Pause' }).click()
    asked.length = 0
    await page.clock.runFor(60_000)
    expect(asked).to.deep.equal([])
  })

  it('copy a bill as text', async () => {
    await using opened = await logIn(browser(), test.url, {
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    const { page } = opened
    await page.goto('/bills/1902/5001')
    await page.getByRole('link', { name: 'Copy as text' }).click()
    await page.getByText('Copied.').waitFor()
    const copied = await page.evaluate<string>('navigator.clipboard.readText()')
    expect(copied).to.include('What is known of Bill 5001 at venue 1902').and.to.include('The till heard OK.')
  })

  it('are shown in contracts/console.md', async () => {
    await using opened = await logIn(browser(), test.url, {
      viewport: { width: 1000, height: 700 },
      colorScheme: 'light',
    })
    const { page } = opened
    for (const name of ['overview', 'bill', 'redemption']) {
      await page.goto(paths[name]!)
      const picture = await page.screenshot()
      expect(picture).to.have.length.above(10_000)
      if (!screenshotsFolder) continue
      await mkdir(screenshotsFolder, { recursive: true })
      await page.screenshot({ path: `${screenshotsFolder}/${name}.png` })
    }
  })
})

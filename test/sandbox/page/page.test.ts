import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect } from 'chai'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { demoProjectName } from '../../simulators/core/demo-project.ts'
import { useChromium } from '../../support/chromium.ts'
import { useRealSockets } from '../../support/real-sockets.ts'
import { startWorld, type World } from '../world.ts'
import { assignAnna, openPage } from './open-page.ts'
import { startPage } from './server.ts'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

describe("the sandbox's page, in a browser,", function () {
  this.timeout(120_000)
  useRealSockets()
  const browser = useChromium()
  let world: World
  let served: Awaited<ReturnType<typeof startPage>>
  before(async () => {
    world = await startWorld({ kafka: false })
    served = await startPage(world)
  })
  after(async () => {
    await served?.close()
    await world?.stop(false)
  })

  const open = (options: BrowserContextOptions = {}) => openPage(browser(), served.url, options)

  const movementsOf = (coupon: string) =>
    world.core.movements().flatMap(({ what, operation }) => (what === coupon ? operation : []))
  const coffeeOf = (page: Page) => page.locator('#members').getByText('Free coffee:')

  it('plays a whole checkout by pressing keys, without an error in the browser', async () => {
    await using opened = await open()
    const { page, press, screen, newest, complaints } = opened
    await assignAnna(opened)
    await screen('Anna K.')
    await press('Redeem Free coffee')
    await screen('Redeemed: Free coffee')
    await coffeeOf(page).filter({ hasText: 'redeemed' }).waitFor()
    await newest.getByText('/coupon/redeem').waitFor()
    await newest.getByText('the till has its OK').waitFor()
    await press('Cancel Free coffee')
    await screen('Given back: Free coffee')
    await coffeeOf(page).filter({ hasText: 'activated' }).waitFor()
    await press('Redeem points')
    await screen('1,050 now')
    await press('Cancel 200 points')
    await screen('1,250 now')
    await press('Pay and close')
    await screen('Bill B-5001 closed')
    await newest.getByText('waits for Kafka').waitFor()
    await page.getByText('Bills that wait for Kafka: 1').waitFor()
    expect(complaints).to.deep.equal([])
  })

  it('shows how a lost answer is given back', async () => {
    await using opened = await open()
    const { page, press, screen, switchTo, newest, complaints } = opened
    await assignAnna(opened)
    await switchTo('core', 'late')
    await press('Redeem Birthday cake')
    await screen('NOT_REDEEMED')
    await newest.getByText('no answer in time').waitFor()
    await newest.getByText('in doubt: to be given back').waitFor()
    await newest.getByText('/coupon/restore').waitFor()
    await newest.getByText(/: given back$/).waitFor()
    await page.locator('#members').getByText('Birthday cake: activated').waitFor()
    expect(movementsOf('uc-cake')).to.deep.equal(['redeem', 'restore'])
    await switchTo('core', 'well')
    expect(complaints).to.deep.equal([])
  })

  it('shows how a call that the core carries out too late is given back', async () => {
    await using opened = await open()
    const { press, screen, switchTo, newest } = opened
    await assignAnna(opened)
    await switchTo('core', 'silent')
    await press('Redeem 10 % off')
    await screen('NOT_REDEEMED')
    expect(movementsOf('uc-ten-off')).to.deep.equal([])
    await switchTo('core', 'well')
    await newest.getByText(/: given back$/).waitFor()
    expect(movementsOf('uc-ten-off')).to.deep.equal(['redeem', 'restore'])
  })

  it('lets the core be away and come back, and the operator try again', async () => {
    await using opened = await open()
    const { page, press, screen, switchTo } = opened
    await switchTo('core', 'away')
    await page.locator('#card').selectOption('CROWN1002')
    await press('Assign card')
    await screen('Card CROWN1002 assigned')
    await press('Balance check')
    await screen('CORE_UNAVAILABLE')
    await switchTo('core', 'well')
    await press('Try again')
    await screen('Ben O.')
  })

  it('can be used with the keyboard alone', async () => {
    await using opened = await open()
    const { page, screen } = opened
    const focused = () => page.evaluate<string>('document.activeElement.id')
    const tabTo = async (id: string) => {
      for (let tabs = 0; tabs < 40; tabs++) {
        if ((await focused()) === id) return
        await page.keyboard.press('Tab')
      }
      throw new Error(`#${id} cannot be reached with the tab key`)
    }
    await tabTo('card')
    await page.keyboard.press('Home')
    await tabTo('key-assign')
    await page.keyboard.press('Enter')
    await screen('Card CROWN1001 assigned')
    await tabTo('key-balance')
    await page.keyboard.press('Enter')
    await screen('1,250 points')
    expect(await focused(), 'the focus stays').to.equal('key-balance')
    await tabTo('skip-wire')
    await page.keyboard.press('Enter')
    await tabTo('core-slow')
    await page.keyboard.press('Space')
    await page.locator('#core-slow[aria-pressed=true]').waitFor()
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Enter')
    await page.locator('#core-well[aria-pressed=true]').waitFor()
  })

  it('does not move the wire while it is paused', async () => {
    await using opened = await open()
    const { page, press } = opened
    const before = await page.locator('article').count()
    await press('Pause')
    await assignAnna(opened)
    expect(await page.locator('article').count()).to.equal(before)
    await press('Pause')
    await page.locator('article').nth(before).waitFor()
  })

  it('copies an exchange as curl and as a recording', async () => {
    await using opened = await open()
    const { context, page, newest } = opened
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await assignAnna(opened)
    await newest.getByText('as curl').click()
    await page.getByText('Copied.').waitFor()
    const curl = await page.evaluate<string>('navigator.clipboard.readText()')
    expect(curl).to.match(/^curl -s -u '1902:crown-demo-write-key' 'http:\S+\/zonal\/v1\/balance'/)
    const href = await newest.getByText('as recording').getAttribute('href')
    const recording = (await (await fetch(new URL(href!, served.url))).json()) as { origin: string }
    expect(recording.origin).to.equal('modelled')
  })

  it('shows what is hostile as text', async () => {
    await using opened = await open()
    const { page, newest, complaints } = opened
    const hostile = '"><img src=x onerror=alert(1)><script>alert(2)</script>&amp;'
    const [anna] = world.core.cards(demoProjectName)
    const { first_name: before } = anna!.member!
    anna!.member!.first_name = hostile
    try {
      const body = JSON.stringify({ cardNumber: hostile })
      await fetch(`${world.url}/${encodeURIComponent(hostile)}`, { method: 'POST', body })
      await page.locator('#members').getByText(hostile).waitFor()
      await newest.locator('summary').first().click()
      await newest.locator('pre').getByText('onerror').first().waitFor()
      await page.reload()
      await page.locator('#members').getByText(hostile).waitFor()
      expect(await page.locator('img').count()).to.equal(0)
      expect(complaints).to.deep.equal([])
    } finally {
      anna!.member!.first_name = before
    }
  })

  it('works without script', async () => {
    await using opened = await open({ javaScriptEnabled: false })
    await assignAnna(opened)
    await opened.newest.getByText('till hears').waitFor()
  })

  for (const colorScheme of ['light', 'dark'] as const)
    it(`has nothing that axe finds, and fits 360 px: ${colorScheme}`, async () => {
      await using opened = await open({ colorScheme, viewport: { width: 360, height: 740 } })
      await assignAnna(opened)
      const { page } = opened
      expect(await page.evaluate('document.documentElement.scrollWidth')).to.be.at.most(360)
      await page.evaluate(axeSource)
      const found = (await page.evaluate('axe.run()')) as {
        violations: { id: string; nodes: { html: string }[] }[]
      }
      expect(found.violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])).to.deep.equal(
        [],
      )
      await page.setViewportSize({ width: 1400, height: 900 })
      const wide = (await page.evaluate('axe.run()')) as typeof found
      expect(wide.violations.map(({ id }) => id)).to.deep.equal([])
    })
})

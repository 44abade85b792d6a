import { expect } from 'chai'
import { useChromium } from '../support/chromium.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo } from '../service/counter.ts'
import { expectAccessible, logIn } from './browser.ts'
import { openTestConsole, type TestConsole } from './open-console.ts'

const { anna } = demo.cards
const bill = { cardNumber: anna, accountNumber: '5001' }

// "The guest at venue 1902, bill 5001, says her coffee is gone."
describe('the evening on which a guest says that her coffee is gone', function () {
  this.timeout(120_000)
  useRealSockets()
  const browser = useChromium()
  let test: TestConsole
  before(async () => (test = await openTestConsole()))
  after(() => test?.close())

  it('is found by bill and by card, decided, and in the audit', async () => {
    const { core, service, till } = test
    await till.balance(bill)
    core.faults.next({ operation: 'redeem', kind: 'hang', when: 'after' })
    // Nobody can say what becomes of it: what is asked for next has no answer either.
    const restore = core.faults.next({ operation: 'restore', kind: 'hang', when: 'before', times: 50 })
    const debit = await till.debit({ ...bill, transactionId: 'R-1', rewardId: demo.coupons.coffee })
    expect(debit.reply.code).to.equal('NOT_REDEEMED')
    await restore.reached
    await till.ticket({ ...bill, ticketId: 'B-5001', closedAt: new Date(), total: 12, currency: 'GBP' })

    await using support = await logIn(browser(), test.url, { as: 'support' })
    await support.page.goto('/')
    await support.heading('Overview')
    await support.page.getByText('Told to try again: 1').first().waitFor()
    await support.find('1902 5001')
    await support.heading('Bill 5001 at venue 1902')
    const { page } = support
    await page.getByText('The till asked to redeem coupon uc-coffee from card *1001').waitFor()
    await page.getByText('"Not redeemed, nothing is lost, try again shortly" (NOT_REDEEMED)').waitFor()
    await page.getByText('ticket B-5001, with card *1001').waitFor()
    await page.getByText('It is being given back; this goes on by itself.').waitFor()
    await support.find(anna)
    await support.heading('Card *1001')
    expect(page.url()).to.match(/\/cards\/[0-9a-f]{64}$/)
    await page.getByRole('link', { name: 'Venue 1902, bill 5001' }).first().click()
    await support.heading('Bill 5001 at venue 1902')
    await page.getByRole('link', { name: /^Redemption .*: in doubt$/ }).click()
    await page.getByText('An operator can decide this.').waitFor()
    expect(await page.getByRole('button', { name: 'Settle' }).count()).to.equal(0)

    await using operator = await logIn(browser(), test.url)
    await operator.page.goto(page.url())
    await operator.page.getByLabel('not taken: the guest has it').check()
    await operator.page.getByLabel('Why?').fill('TRIFFT shows the coffee as active')
    await operator.page.getByRole('button', { name: 'Settle' }).click()
    await operator.page.getByText('✓ Done: operator has settled (settled as reversed).').waitFor()
    await operator.page.getByText('is not taken: an operator has decided so.').waitFor()
    await expectAccessible(operator.page, 'a redemption that is settled')
    await operator.page.getByRole('link', { name: 'Audit' }).click()
    await operator.heading('Audit')
    const lines = await operator.page.getByRole('row').allInnerTexts()
    const said = lines.map((line) => line.replace(/\s+/g, ' '))
    expect(said[1]).to.include('operator (operator) settled').and.to.include('in_doubt settled as reversed')
    expect(said[1]).to.include('TRIFFT shows the coffee as active')
    expect(said[2]).to.include('support (support) looked a card up *1001')
    await support.page.getByRole('link', { name: 'Overview' }).click()
    await support.heading('Overview')

    expect([...support.complaints, ...operator.complaints]).to.deep.equal([])
    const acts = service.lines().filter(({ msg }) => msg === 'an act at the console')
    expect(acts.map(({ user, status }) => [user, status])).to.deep.equal([['operator', 303]])
    expect(service.rawLines.join('')).not.to.contain(anna)
  })
})

import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import type { DiaryEntry } from '../../src/diary/entry.ts'
import { debitEntry } from '../diary/entries.ts'
import { readDiary } from '../diary/read-diary.ts'
import { writeDiary } from '../diary/write-diary.ts'
import { demo } from '../service/counter.ts'
import { demoProject } from '../simulators/core/demo-project.ts'
import { basic } from '../simulators/till/encode.ts'
import { useChromium } from '../support/chromium.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { logIn } from './browser.ts'
import { openTestConsole, type TestConsole } from './open-console.ts'

/** Would be an element in a text or an attribute, and then run. As long as a till's ids may be. */
const evil = (what: string) => `${what}"'\`><img class=hostile src=x onerror=hit=1>&lt;`
/** Where there is more room: scripts, and what runs when it is pointed at or reached by keyboard. */
const worse = `</p></td></pre></script><script class=hostile>hit=1</script>" autofocus onfocus=hit=1 x="<b onmouseover=hit=1 class=hostile>`
/** Turns around what follows, and splits a word without being seen. */
const bidi = '\u202e\u2066\u200b'
const invisible = /[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/

const dayMs = 24 * 60 * 60 * 1000
const account = `${evil('A')}${bidi}`
const why = `${evil('why')}${bidi}${worse}`

/** The demo project, whose coffee is not what it seems. */
function hostileProject() {
  const project = demoProject(Date.now())
  for (const each of project.cards[0]!.coupons)
    if (each.id === demo.coupons.coffee)
      Object.assign(each, { coupon: { ...each.coupon, name: evil('name') } })
  return project
}

describe('hostile names and ids, in a browser,', function () {
  this.timeout(180_000)
  useRealSockets()
  const browser = useChromium()
  const folder = mkdtempSync(join(tmpdir(), 'console-test-'))
  let test: TestConsole
  let paths: Record<string, string>

  before(async () => {
    const env = { JOURNAL_PATH: join(folder, 'journal.sqlite') }
    await writeDiary(env, rowsOfSilentVenue())
    test = await openTestConsole(env, { projects: [hostileProject()] })
    const { till, core } = test
    const bill = { cardNumber: demo.cards.anna, accountNumber: account }
    core.faults.next({ operation: 'redeem', kind: '500', when: 'after' })
    core.faults.next({ operation: 'restore', kind: '500', when: 'before', times: 50 })
    const lost = await till.debit({
      ...bill,
      transactionId: `${evil('T')}${bidi}`,
      rewardId: demo.coupons.coffee,
    })
    expect(lost.reply.code).to.equal('NOT_REDEEMED')
    await till.debit({ ...bill, transactionId: 'T-2', rewardId: evil('unknown') })
    await till.ticket({
      ...bill,
      ticketId: `${evil('B')}${bidi}`,
      closedAt: new Date(),
      total: 12,
      currency: 'GBP',
    })
    await till.raw({
      path: '/ticket',
      headers: {
        'content-type': 'application/json',
        'user-agent': evil('till'),
        authorization: basic({ venueId: demo.venueId, apiKey: demo.apiKey }),
      },
      body: JSON.stringify({
        ticketId: 'B-2',
        note: `${evil('content')}${bidi}${worse}`,
        closedAt: evil('at'),
      }),
    })
    const isOfTill = ({ account: of }: DiaryEntry) => of?.startsWith('A') ?? false
    const rows = await readDiary(env, (found) => found.filter(isOfTill).length >= 3)
    const { redemptionId, cardHash, venue } = rows.find((row) => isOfTill(row) && row.message === 'debit')!
    await writeDiary(env, hostileRows({ cardHash: cardHash!, venue: venue! }))
    const letters = (await test.ask('/dead-letters')).json as { deadLetters: { id: string }[] }
    const settle = { act: randomUUID(), why, as: 'taken' }
    await test.ask(`/redemptions/${redemptionId}/settle`, { fields: settle })
    const query = encodeURIComponent(evil('query') + bidi + worse)
    paths = {
      overview: '/',
      bill: `/bills/1902/${encodeURIComponent(account)}`,
      'a bill of hostile rows': `/bills/1902/${encodeURIComponent(evil('row'))}`,
      'a bill that is unknown': `/bills/${query}/${query}`,
      'a bill on no day': `/bills/1902/5001?on=${query}`,
      card: `/cards/${cardHash}`,
      redemption: `/redemptions/${redemptionId}`,
      redemptions: `/redemptions?state=confirmed&venue=`,
      'redemptions of a venue': `/redemptions?venue=${query}`,
      'dead letters': '/dead-letters',
      'dead letters of a venue': `/dead-letters?venue=${query}`,
      'a dead letter': `/dead-letters/${letters.deadLetters[0]!.id}`,
      audit: '/audit',
      'audit of an id': `/audit?of=${query}`,
      'a page that is unknown': `/${query}`,
    }
  })
  after(async () => {
    await test?.close()
    rmSync(folder, { recursive: true })
  })

  /** It spoke at this time on each day before today. */
  function rowsOfSilentVenue() {
    const at = Date.now() - 5 * 60_000
    return [1, 2, 3, 4, 5, 6].map((days) =>
      debitEntry(`A-${days}`, at - days * dayMs, { venueId: evil('venue'), account: 'of a silent venue' }),
    )
  }

  /** Each field that is shown. */
  function hostileRows(of: { cardHash: string; venue: string }) {
    const { facts } = debitEntry('x', 0)
    const hostile = {
      ...of,
      account: evil('row'),
      cardMasked: evil('*'),
      transactionId: evil('T'),
      requestId: evil('request'),
      redemptionId: undefined,
      replica: evil('replica'),
      facts: {
        ...facts,
        rewardId: evil('uc'),
        field: evil('field'),
        reason: evil('reason') + worse,
        coreCalls: [
          {
            operation: evil('op') as 'redeemCoupon',
            outcome: 'refused' as const,
            durationMs: 1,
            reason: evil('why'),
          },
        ],
      },
    }
    const atMs = Date.now()
    return [
      debitEntry('a', atMs, { ...hostile, code: 'MESSAGE_INVALID' }),
      debitEntry('b', atMs, { ...hostile, code: evil('code') }),
      debitEntry('c', atMs, { ...hostile, message: 'ticket', ticketId: evil('B'), code: 'OK' }),
      debitEntry('d', atMs, {
        ...hostile,
        message: 'undo',
        code: evil('code'),
        facts: { ...hostile.facts, state: evil('state') },
      }),
    ]
  }

  /** What the page has become, for whoever reads it. */
  async function look(page: Page) {
    // Whatever is pointed at or reached by keyboard could run too.
    for (const each of await page.locator('main a, main button').all()) await each.hover({ force: true })
    return await page.evaluate(() => {
      const { document, hit } = globalThis as unknown as { document: Doc; hit?: unknown }
      return {
        hit,
        made: document.querySelectorAll('.hostile, main img, main script, main iframe, [onfocus], [onerror]')
          .length,
        text: document.body.innerText,
        values: [...document.querySelectorAll('input')].map(({ value }) => value).join(' '),
      }
    })
  }
  type Doc = {
    querySelectorAll: (selector: string) => Iterable<{ value: string }> & { length: number }
    body: { innerText: string }
  }

  it('run nowhere, make nothing of a page, and hide nothing', async () => {
    await using opened = await logIn(browser(), test.url)
    for (const [name, path] of Object.entries(paths)) {
      await opened.page.goto(path)
      const { hit, made, text, values } = await look(opened.page)
      expect({ hit, made }, name).to.deep.equal({ hit: undefined, made: 0 })
      expect(text, name).not.to.match(invisible)
      expect(values, name).not.to.match(invisible)
      expect(opened.complaints, name).to.deep.equal([])
    }
  })

  const shown: [page: string, what: string[]][] = [
    ['overview', ['venue']],
    ['bill', ['T', 'B', 'unknown', 'why']],
    [
      'a bill of hostile rows',
      ['T', 'B', 'uc', 'request', 'replica', 'field', 'reason', 'op', 'why', 'code', '*'],
    ],
    ['card', ['A', 'row', 'T']],
    ['redemption', ['A', 'why']],
    ['redemptions', ['A']],
    ['a dead letter', ['content']],
    ['audit', ['why']],
  ]
  for (const [name, whats] of shown)
    it(`are shown as they are: ${name}`, async () => {
      await using opened = await logIn(browser(), test.url)
      await opened.page.goto(paths[name]!)
      const { text } = await look(opened.page)
      const oneLine = (each: string) => each.replace(/\s+/g, ' ')
      // In a dead letter as JSON writes it.
      const written = (what: string) =>
        oneLine(name === 'a dead letter' ? JSON.stringify(evil(what)).slice(1, -1) : evil(what))
      for (const what of whats) expect(oneLine(text)).to.include(written(what), what)
    })

  it('have their invisible characters shown: of a bill, a dead letter, as text, and of a reason none', async () => {
    await using opened = await logIn(browser(), test.url)
    for (const name of ['bill', 'a dead letter']) {
      await opened.page.goto(paths[name]!)
      expect((await look(opened.page)).text, name).to.include('\\u{202e}\\u{2066}\\u{200b}')
    }
    const { text } = await test.ask(`${paths.bill}?as=text`)
    expect(text).to.include('\\u{202e}').and.not.match(invisible)
    expect(JSON.stringify((await test.ask('/audit')).json)).not.to.match(invisible)
  })

  it('are found by a search, as a till has sent them', async () => {
    await using opened = await logIn(browser(), test.url)
    for (const typed of [account, `${evil('B')}${bidi}`]) {
      await opened.page.goto('/')
      await opened.find(typed)
      await opened.heading(/^Bill A/)
    }
  })
})

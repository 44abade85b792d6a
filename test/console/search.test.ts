import { expect } from 'chai'
import type { AuditEntry } from '../../src/journal/audit.ts'
import { debitEntry } from '../diary/entries.ts'
import { readDiary } from '../diary/read-diary.ts'
import { writeDiary } from '../diary/write-diary.ts'
import { demo } from '../service/counter.ts'
import { demoProject } from '../simulators/core/demo-project.ts'
import { useBothEnvs } from '../support/both-envs.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { openTestConsole, type Asked, type TestConsole } from './open-console.ts'
import { sendUnreadable } from './unreadable.ts'

const { anna, unknown } = demo.cards
const bill = { cardNumber: anna, accountNumber: '5001' }
const otherKey = 'other-demo-write-key'
const dayMs = 24 * 60 * 60 * 1000

/** Another chain, which has a venue of the same Aztec ID. */
function otherProject() {
  const project = demoProject(Date.now())
  const venues = project.venues.map((venue) => ({ ...venue, id: venue.id.replace('5b1e', '0bad') }))
  return { ...project, name: 'Another chain', keys: { [otherKey]: 'write' as const }, venues }
}

for (const { name, makeEnv } of useBothEnvs())
  describe(`the search of the console, on ${name},`, function () {
    this.timeout(60_000)
    useRealSockets()
    let test: TestConsole
    let env: Record<string, string>
    let ids: Record<string, string>
    const answers: Asked[] = []

    before(async () => {
      env = await makeEnv()
      const projects = [demoProject(Date.now()), otherProject()]
      test = await openTestConsole({ ...env, CARD_PREFIXES: 'LOY-' }, { projects })
      env = { ...env, JOURNAL_PATH: test.service.journalPath }
      const other = test.openTill({ apiKey: otherKey })
      await test.till.debit({ ...bill, transactionId: 'R-1', rewardId: demo.coupons.coffee })
      await test.till.ticket({ ...bill, ticketId: 'B-1', closedAt: new Date(), total: 12, currency: 'GBP' })
      for (const till of [test.till, other]) await till.balance({ ...bill, accountNumber: '7001' })
      for (const venueId of ['1902', '1903'])
        await test.openTill({ venueId }).balance({ ...bill, accountNumber: '8001' })
      const [letter] = await sendUnreadable(test, 1)
      const rows = await readDiary(env, ({ length }) => length >= 7)
      const debit = rows.find(({ message }) => message === 'debit')!
      const unread = rows.find(({ facts }) => facts.isKept)!
      ids = {
        request: debit.requestId!,
        redemption: debit.redemptionId!,
        event: rows.find(({ message }) => message === 'ticket')!.eventId!,
        unread: unread.requestId!,
        letter: letter!,
      }
      // The till began to count anew.
      const { venue } = debit
      await writeDiary(env, [
        debitEntry('old', Date.now() - 10 * dayMs, { transactionId: 'R-1', account: '5001', venue }),
      ])
    })
    after(() => test?.close())

    async function search(q: string, as: 'viewer' | 'support' = 'viewer') {
      const answer = await test.ask('/search', { as, fields: { q } })
      answers.push(answer)
      return { ...answer, location: answer.headers.get('location') ?? '' }
    }
    const read = async (path: string, as: 'viewer' | 'support' = 'viewer') => {
      const [json, html, text] = await Promise.all([
        test.ask(path, { as }),
        test.ask(path, { as, headers: { accept: 'text/html' } }),
        test.ask(`${path}${path.includes('?') ? '&' : '?'}as=text`, { as }),
      ])
      answers.push(json, html, text)
      return { json, html, text }
    }
    const today = /^\/bills\/1902\/5001\?on=\d{4}-\d\d-\d\d$/

    const found: [what: string, q: () => string, to: RegExp][] = [
      ['a bill by its number', () => '5001', today],
      ['a bill by venue and number', () => '1902 5001', /^\/bills\/1902\/5001$/],
      ['a bill as the operator writes it', () => ' 1902 / 5001 ', /^\/bills\/1902\/5001$/],
      ['a request', () => ids.request!, today],
      ['the beginning of a request', () => ids.request!.slice(0, 8), today],
      ['a request in capitals', () => ids.request!.toUpperCase(), today],
      ['a redemption', () => ids.redemption!, today],
      ['a redemption in capitals', () => ids.redemption!.toUpperCase(), today],
      ['the beginning of a redemption', () => ids.redemption!.slice(0, 9), today],
      ['a transaction', () => 'R-1', today],
      ['a ticket', () => 'B-1', today],
      ['an event', () => ids.event!, today],
      ['an event in capitals', () => ids.event!.toUpperCase(), today],
      ['a dead letter', () => ids.letter!, /^\/dead-letters\/[0-9a-f]{64}$/],
      ['a dead letter in capitals', () => ids.letter!.toUpperCase(), /^\/dead-letters\/[0-9a-f]{64}$/],
      ['a request that belongs to no bill', () => ids.unread!, /^\/ids\/[0-9a-f-]{36}$/],
    ]
    for (const [what, q, to] of found)
      it(`finds ${what}`, async () => {
        const { status, location } = await search(q())
        expect(status).to.equal(303)
        expect(location).to.match(to)
      })

    it('opens a redemption and a dead letter whose ids are written in capitals', async () => {
      for (const path of [
        `/redemptions/${ids.redemption!.toUpperCase()}`,
        `/dead-letters/${ids.letter!.toUpperCase()}`,
      ])
        expect((await test.ask(path)).status, path).to.equal(200)
    })

    // The oldest day was shown.
    it('leads to the last day of a reference that the till has used before', async () => {
      const { location } = await search('R-1')
      const { json } = await read(location)
      const events = json.json.events as { entry: { redemptionId: string } | undefined }[]
      expect(events.map(({ entry }) => entry?.redemptionId)).to.include(ids.redemption)
      expect(json.json.otherDays).to.have.length(1)
    })

    it('tells a bill as a page, as JSON and as text, in the same words', async () => {
      const { json, html, text } = await read('/bills/1902/5001')
      const titles = (json.json.events as { title: string }[]).map(({ title }) => title)
      expect(titles).to.deep.include(
        "The till asked to redeem coupon uc-coffee from card *1001 (the till's reference: R-1).",
      )
      expect(titles).to.deep.include('The till sent the closed bill, ticket B-1, with card *1001.')
      const shown = html.text.replaceAll('&#39;', "'")
      for (const title of titles) {
        expect(shown).to.include(title)
        expect(text.text).to.include(title)
      }
      expect(text.headers.get('content-type')).to.equal('text/plain; charset=utf-8')
      expect(json.json).to.have.keys(
        'timeZone',
        'events',
        'now',
        'isCut',
        'redemptions',
        'tickets',
        'otherDays',
      )
    })

    it('asks which bill is meant if its number is on several', async () => {
      const { status, json } = await search('8001')
      expect(status).to.equal(200)
      expect((json.bills as { venueId: string }[]).map(({ venueId }) => venueId)).to.have.members([
        '1902',
        '1903',
      ])
    })

    it('asks which venue is meant if two projects share an Aztec ID, and keeps the day', async () => {
      const { location } = await search('7001')
      const [, day] = /\?on=(.*)$/.exec(location) ?? []
      const { json, html } = await read(location)
      const venues = json.json.venues as string[]
      expect(json.json.kind).to.equal('ambiguous')
      expect(venues.map((venue) => venue.slice(0, 4))).to.have.members(['5b1e', '0bad'])
      for (const venue of venues) {
        const path = `/bills/1902/7001?on=${day}&venue=${venue}`
        expect(html.text).to.include(`href="${path.replace('&', '&#38;')}"`)
        const chosen = await read(path)
        const events = chosen.json.json.events as { entry: { venue: string } }[]
        expect(events.map(({ entry }) => entry.venue)).to.deep.equal([venue])
      }
    })

    const cards = [anna, 'CROWN 1001', `LOY-${anna}`, `https://app.example/c/${anna}`]
    for (const [at, card] of cards.entries())
      it(`finds a card for support, however it was typed (${at + 1}), and writes the look down`, async () => {
        const { location } = await search(card, 'support')
        expect(location).to.match(/^\/cards\/[0-9a-f]{64}$/)
        const { json, html, text } = await read(location, 'support')
        expect([json.status, html.status, text.status]).to.deep.equal([200, 200, 200])
        expect(html.text).to.include('<h1>Card *1001</h1>')
        expect(text.text).to.include('What is known of card *1001').and.include('Venue 1902, bill 5001: ')
        const looks = (await test.ask('/audit?of=*1001')).json as unknown as AuditEntry[]
        // Looks of one user within ten minutes are one line, or two if ten minutes end between them.
        expect(looks.length).to.be.within(1, 2)
        expect(looks[0]).to.include({ who: 'support', act: 'find_card', by: 'console' })
      })

    it('writes down that support has looked for a card of which nothing is known', async () => {
      const { status, text } = await search(unknown, 'support')
      expect(status).to.equal(404)
      expect(text).not.to.include(unknown)
      const [look] = (await test.ask('/audit?of=*9999')).json as unknown as AuditEntry[]
      expect(look).to.include({ who: 'support', act: 'find_card', after: 'nothing is known of it' })
    })

    it('finds nothing for what nobody has sent, and shows nothing of it again: it may be a card number', async () => {
      for (const q of [
        '9999',
        '1902 9999',
        ids.request!.slice(0, 7),
        'R-1x',
        'B-none',
        ids.letter!.slice(1),
      ]) {
        const { status, text } = await search(q)
        expect(status, q).to.equal(404)
        expect(text).not.to.include(q)
      }
    })

    it('has the card number in no address, page, header, line of the log or of the audit', async () => {
      for (const path of ['/', '/redemptions?state=confirmed', '/dead-letters', '/audit'])
        await read(path, 'support')
      const seen = answers.flatMap(({ text, headers }) => [text, JSON.stringify([...headers])])
      expect(seen.length).to.be.above(100)
      for (const text of [...seen, ...test.service.rawLines])
        for (const secret of [anna, unknown, 'Anna', 'Kovac', demo.apiKey])
          expect(text.includes(secret), `${secret} in ${text.slice(0, 300)}`).to.equal(false)
    })
  })

import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { roles, type Role } from '../../src/config/console-users.ts'
import { demo } from '../service/counter.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { openTestConsole, type TestConsole } from './open-console.ts'
import { sendUnreadable } from './unreadable.ts'
import { makeStuckJournal, type StuckJournal } from './with-stuck.ts'

const { anna } = demo.cards
const why = 'the venue has called'

describe('a user of the console', function () {
  useRealSockets()
  let journal: StuckJournal
  let test: TestConsole
  let letters: string[]
  let card: string
  before(async () => {
    journal = await makeStuckJournal(2)
    // It stands still, so that nobody has to wait for having asked a lot.
    test = await openTestConsole(journal.env, { clock: createManualClock(Date.now()) })
    await test.till.balance({ cardNumber: anna, accountNumber: '5001' })
    letters = await sendUnreadable(test, 3)
    card = (await test.ask('/search', { as: 'support', fields: { q: anna } })).headers.get('location')!
  })
  after(async () => {
    await test?.close()
    await journal?.end()
  })

  /** All that an act could change. */
  async function state() {
    const ask = async (path: string) => (await test.ask(path, { as: 'viewer' })).json
    return {
      redemptions: await ask('/redemptions'),
      letters: await ask('/dead-letters'),
      audit: await ask('/audit'),
      moves: test.moves().length,
    }
  }

  const pages: [name: string, path: () => string, least: Role][] = [
    ['the overview', () => '/', 'viewer'],
    ['a bill', () => '/bills/1902/5001', 'viewer'],
    ['a card', () => card, 'support'],
    ['a card as text', () => `${card}?as=text`, 'support'],
    ['a card on a day of which nothing is known', () => `${card}?on=2001-01-01`, 'support'],
    ['redemptions', () => '/redemptions', 'viewer'],
    ['a redemption', () => `/redemptions/${journal.id}`, 'viewer'],
    ['dead letters', () => '/dead-letters', 'viewer'],
    ['a dead letter', () => `/dead-letters/${letters[0]}`, 'viewer'],
    ['the audit', () => '/audit', 'viewer'],
    ['a runbook', () => '/runbooks/ZonalRedemptionsStuck', 'viewer'],
  ]
  for (const role of roles)
    for (const [name, path, least] of pages) {
      const isAllowed = roles.indexOf(role) >= roles.indexOf(least)
      it(`who is ${role} ${isAllowed ? 'sees' : 'does not see'} ${name}`, async () => {
        for (const accept of ['text/html', 'application/json']) {
          const { status, text } = await test.ask(path(), { as: role, headers: { accept } })
          const isNothing = path().includes('on=2001')
          expect(status).to.equal(isAllowed ? (isNothing ? 404 : 200) : 403)
          if (!isAllowed) expect(text).to.include(`needs the role ${least}; ${role} is ${role}.`)
        }
      })
    }

  it('finds no card as viewer, and is told that support can', async () => {
    const before = await state()
    const { status, text } = await test.ask('/search', { as: 'viewer', fields: { q: anna } })
    expect(status).to.equal(404)
    expect(text).to.include('Cards can be looked up by support only.').and.not.include(anna)
    expect(await state()).to.deep.equal(before)
  })

  it('reads the content of a dead letter as support and operator, which is in the audit, and not as viewer', async () => {
    const path = `/dead-letters/${letters[1]}`
    const seen = async (as: Role) => [
      (await test.ask(path, { as })).json.content,
      (await test.ask(path, { as, headers: { accept: 'text/html' } })).text.includes('a-till-wrote-this'),
    ]
    expect(await seen('viewer')).to.deep.equal([undefined, false])
    expect((await test.ask(`/audit?of=${letters[1]}`)).json).to.deep.equal([])
    for (const role of ['support', 'operator'] as const) {
      const [content, isShown] = await seen(role)
      expect(content).to.have.property('text').that.includes('a-till-wrote-this')
      expect(isShown).to.equal(true)
    }
    const { json } = await test.ask(`/audit?of=${letters[1]}`)
    expect(
      (json as unknown as { who: string; act: string }[]).map(({ who, act }) => [act, who]),
    ).to.deep.equal(['operator', 'support'].map((who) => ['see_content', who]))
  })

  type Fields = Record<string, string>
  // These dead letters still cannot be read, so that they are kept.
  const acts: [name: string, path: () => string, fields: () => Fields, statusForOperator: number][] = [
    ['try again', () => `/redemptions/${journal.ids[0]}/retry`, () => ({}), 303],
    ['settle', () => `/redemptions/${journal.ids[1]}/settle`, () => ({ as: 'reversed' }), 303],
    ['send a dead letter', () => `/dead-letters/${letters[0]}/send`, () => ({}), 409],
    ['delete a dead letter', () => `/dead-letters/${letters[1]}/drop`, () => ({}), 303],
    ['send all that are shown', () => '/dead-letters/send', () => ({ id: letters[2]!, count: '1' }), 200],
  ]
  for (const role of ['viewer', 'support'] as const)
    for (const [name, path, fields] of acts)
      it(`cannot ${name} as ${role}: nothing is done, and nothing is in the audit`, async () => {
        const before = await state()
        const form = { act: randomUUID(), why, ...fields() }
        const { status, text } = await test.ask(path(), { as: role, fields: form })
        expect(status).to.equal(403)
        expect(text).to.include(`needs the role operator; ${role} is ${role}.`)
        expect(await state()).to.deep.equal(before)
      })

  for (const role of ['viewer', 'support'] as const)
    it(`is shown no form of an act as ${role}`, async () => {
      for (const path of [`/redemptions/${journal.id}`, '/dead-letters', `/dead-letters/${letters[0]}`]) {
        const { text } = await test.ask(path, { as: role, headers: { accept: 'text/html' } })
        expect(text).to.include('<main').and.not.include('class="act"')
      }
    })

  for (const [name, path, fields, expected] of acts)
    it(`can ${name} as operator`, async () => {
      const form = { act: randomUUID(), why, ...fields() }
      const { status } = await test.ask(path(), { fields: form })
      expect(status).to.equal(expected)
      const [line] = (await test.ask('/audit')).json as unknown as { id: string; who: string; why: string }[]
      if (status === 303) expect(line).to.include({ id: form.act, who: 'operator', why })
      else expect(line).not.to.include({ id: form.act })
    })
})

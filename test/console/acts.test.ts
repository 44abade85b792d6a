import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import type { AuditEntry } from '../../src/journal/audit.ts'
import { readConfig } from '../../src/config/config.ts'
import { hashPassword } from '../../src/console/access/passwords.ts'
import { openJournalBeside } from '../../src/journal/open.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { systemClock } from '../../src/time/clock.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { basicOf, openTestConsole, password, type Asked, type TestConsole } from './open-console.ts'
import { testMetrics } from '../support/test-journal.ts'
import { useStuckJournals, type StuckJournal } from './with-stuck.ts'

const why = 'the guest has shown her app'
/** Two operators, whose browsers are at two addresses. */
const dana = { authorization: basicOf('dana'), 'x-forwarded-for': '192.0.2.1' }
const mo = { authorization: basicOf('mo'), 'x-forwarded-for': '192.0.2.2' }

for (const { name, make } of useStuckJournals())
  describe(`an act at the console, on ${name},`, function () {
    useRealSockets()
    let journal: StuckJournal
    let test: TestConsole
    before(async () => {
      journal = await make(8, { messages: 8, tickets: 6 })
      const hash = await hashPassword(password)
      const CONSOLE_USERS = `dana:operator:${hash}\nmo:operator:${hash}`
      // It stands still, so that nobody has to wait for having asked a lot.
      const clock = createManualClock(Date.now())
      test = await openTestConsole({ ...journal.env, CONSOLE_USERS, TRUSTED_PROXIES: '1' }, { clock })
      for (const headers of [dana, mo]) await test.ask('/audit', { headers })
    })
    after(async () => {
      await test?.close()
      await journal?.end()
    })

    type Fields = Record<string, string> | [string, string][]
    const form = (fields: Record<string, string> = {}) => ({ act: randomUUID(), why, ...fields })
    const send = (path: string, fields: Fields, headers = dana) => test.ask(path, { fields, headers })
    const auditOf = async (id: string) =>
      (await test.ask(`/audit?of=${id}`, { headers: dana })).json as unknown as AuditEntry[]
    const redemption = async (id: string) =>
      (await test.ask(`/redemptions/${id}`, { headers: dana })).json.redemption as Record<string, unknown>
    const problemOf = ({ json }: Asked) => json.problem
    const statuses = (answers: Asked[]) => answers.map(({ status }) => status).toSorted()

    /** The tickets that wait for Kafka. */
    async function waiting() {
      const { journal: config } = readConfig({ HOST: '127.0.0.1', ...journal.env })
      const deps = { clock: systemClock, log: createLogger('silent'), metrics: testMetrics }
      const opened = await openJournalBeside(config, deps)
      try {
        return (await opened.waitingTickets(100)).map(({ closed }) => closed.ticket.ticketId)
      } finally {
        await opened.close()
      }
    }

    it('tries again: it is in doubt, and the audit has who, role, address, before, after and why', async () => {
      const [id] = journal.ids
      const fields = form({ state: 'stuck' })
      const done = await send(`/redemptions/${id}/retry`, fields)
      expect(done.status).to.equal(303)
      expect(done.headers.get('location')).to.equal(`/redemptions/${id}?done=${fields.act}`)
      const [line, ...more] = await auditOf(id!)
      expect(more).to.deep.equal([])
      expect(line).to.deep.include({ who: 'dana', role: 'operator', by: 'console', address: '192.0.2.1' })
      expect(line).to.deep.include({ act: 'retry', target: id, before: 'stuck', after: 'in_doubt', why })
      expect(Date.now() - line!.atMs).to.be.within(-1000, 60_000)
      const html = await test.ask(done.headers.get('location')!, {
        headers: { ...dana, accept: 'text/html' },
      })
      expect(html.text).to.include('✓ Done: dana has tried again to give back (in_doubt).')
    })

    it('settles: once, however often the same form is sent', async () => {
      const id = journal.ids[1]!
      const fields = form({ state: 'stuck', as: 'reversed' })
      for (let times = 0; times < 3; times++)
        expect((await send(`/redemptions/${id}/settle`, fields)).status).to.equal(303)
      expect(await redemption(id)).to.include({ state: 'reversed' })
      expect(await auditOf(id)).to.have.length(1)
    })

    it('settles once if the same form is sent five times at once', async () => {
      const id = journal.ids[2]!
      const fields = form({ state: 'stuck', as: 'taken' })
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => send(`/redemptions/${id}/settle`, fields)),
      )
      expect(statuses(answers)).to.deep.equal([303, 303, 303, 303, 303])
      expect(await redemption(id)).to.include({ state: 'confirmed' })
      expect(await auditOf(id)).to.have.length(1)
    })

    it('is done by one of two operators who decide at once; the other hears how it stands now', async () => {
      const id = journal.ids[3]!
      const answers = await Promise.all([
        send(`/redemptions/${id}/settle`, form({ state: 'stuck', as: 'taken' }), dana),
        send(`/redemptions/${id}/settle`, form({ state: 'stuck', as: 'reversed' }), mo),
      ])
      expect(statuses(answers)).to.deep.equal([303, 409])
      const lost = answers.find(({ status }) => status === 409)!
      expect(problemOf(lost)).to.match(/^Nothing was done: /)
      const [line, ...more] = await auditOf(id)
      expect(more).to.deep.equal([])
      const state = line!.who === 'dana' ? 'confirmed' : 'reversed'
      expect(await redemption(id)).to.include({ state })
      expect(lost.json.redemption).to.include({ state })
    })

    it('is done by one of a retry and a decision that come at once', async () => {
      const id = journal.ids[4]!
      const answers = await Promise.all([
        send(`/redemptions/${id}/retry`, form({ state: 'stuck' }), dana),
        send(`/redemptions/${id}/settle`, form({ state: 'stuck', as: 'taken' }), mo),
      ])
      expect(statuses(answers)).to.deep.equal([303, 409])
      const [line, ...more] = await auditOf(id)
      expect(more).to.deep.equal([])
      expect(line).to.include({ before: 'stuck' })
    })

    it('is refused if the state has changed since it was seen, and says how it stands', async () => {
      const id = journal.ids[5]!
      await send(`/redemptions/${id}/retry`, form({ state: 'stuck' }))
      const late = await send(`/redemptions/${id}/settle`, form({ state: 'stuck', as: 'taken' }), mo)
      expect(late.status).to.equal(409)
      expect(problemOf(late)).to.equal(
        'Nothing was done: it has changed since you saw it. This is how it stands now.',
      )
      const again = await send(`/redemptions/${id}/retry`, form(), mo)
      expect(again.status).to.equal(409)
      expect(problemOf(again)).to.match(/^Nothing was done: it is (in doubt|not taken: given back) now\.$/)
      expect(await auditOf(id)).to.have.length(1)
    })

    // It was answered as if it had been done, and was not.
    it('is not done, nor said to be, under the id of another act', async () => {
      const [one, other] = [journal.ids[6]!, journal.ids[7]!]
      const fields = form({ as: 'taken' })
      expect((await send(`/redemptions/${one}/settle`, fields)).status).to.equal(303)
      expect((await send(`/redemptions/${other}/settle`, fields)).status).to.equal(409)
      expect((await send(`/dead-letters/${journal.messages[0]}/drop`, fields)).status).to.equal(409)
      expect(await redemption(other)).to.include({ state: 'stuck' })
      expect(await auditOf(other)).to.deep.equal([])
    })

    it('sends a dead letter that can be read now, once, and a second press hears the same', async () => {
      const id = journal.messages[0]!
      const fields = form()
      for (let times = 0; times < 3; times++)
        expect((await send(`/dead-letters/${id}/send`, fields)).status, String(times)).to.equal(303)
      const lines = await auditOf(id)
      expect(lines.filter(({ act }) => act === 'send')).to.have.length(1)
      expect(lines[0]).to.deep.include({ who: 'dana', why, after: 'its ticket is taken' })
      expect(lines[0]!.before).to.equal('kept: total cannot be read')
      const late = await send(`/dead-letters/${id}/send`, form(), mo)
      expect(late.status).to.equal(409)
      expect(problemOf(late)).to.match(/^Nothing was done: there is no dead letter /)
    })

    it('sends a ticket that Kafka has refused, once if the same form is sent five times at once', async () => {
      const id = journal.tickets[0]!
      const fields = form()
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => send(`/dead-letters/${id}/send`, fields)),
      )
      expect(statuses(answers)).to.deep.equal([303, 303, 303, 303, 303])
      const lines = await auditOf(id)
      expect(lines.filter(({ act }) => act === 'send')).to.have.length(1)
      expect(lines.at(0)).to.include({ after: 'waits for Kafka again' })
    })

    for (const [what, action, at] of [
      ['deleted', 'drop', 1],
      ['sent', 'send', 2],
    ] as const)
      for (const kind of ['messages', 'tickets'] as const)
        it(`is done by one of two operators: of the ${kind}, one that is ${what} by both at once`, async () => {
          const id = journal[kind][at]!
          const answers = await Promise.all(
            [dana, mo].map((headers) => send(`/dead-letters/${id}/${action}`, form(), headers)),
          )
          expect(statuses(answers)).to.deep.equal([303, 409])
          const lines = (await auditOf(id)).filter(({ act }) => act === action)
          expect(lines).to.have.length(1)
          const lost = answers.find(({ status }) => status === 409)!
          expect(problemOf(lost)).to.match(
            /^Nothing was done: .*(not there any more|there is no dead letter)/,
          )
        })

    // A till's bill could be taken without a line in the audit while somebody else deleted it.
    it('is in the audit if a dead letter is sent and deleted at once, whoever is first', async () => {
      const id = journal.messages[3]!
      const answers = await Promise.all([
        send(`/dead-letters/${id}/send`, form(), dana),
        send(`/dead-letters/${id}/drop`, form(), mo),
      ])
      const done = answers.filter(({ status }) => status === 303).length
      const lines = (await auditOf(id)).filter(({ act }) => act === 'send' || act === 'drop')
      expect(lines).to.have.length(done)
      const isTaken = (await waiting()).includes('B-message-3')
      expect(lines.some(({ act }) => act === 'send')).to.equal(isTaken)
    })

    it('sends none if the number that was typed is not the number of those that are shown', async () => {
      const ids = journal.messages.slice(4, 6)
      for (const count of ['1', '3', '', 'two', '2.0', '-2', '02'])
        for (const given of [ids, ids.toReversed()]) {
          const fields: [string, string][] = [...Object.entries(form({ count }))]
          for (const id of given) fields.push(['id', id])
          const { status, json } = await send('/dead-letters/send', fields)
          expect(status, count).to.equal(422)
          expect(json.problem).to.equal('Type how many are sent: 2.')
        }
      expect(await auditOf(ids[0]!)).to.deep.equal([])
    })

    it('sends all that are shown, the oldest first, with a line for each, and once', async () => {
      const ids = [...journal.messages.slice(4, 7), ...journal.tickets.slice(3, 5)]
      const fields: [string, string][] = Object.entries(form({ count: String(ids.length) }))
      for (const id of ids) fields.push(['id', id])
      for (let times = 0; times < 2; times++) {
        const { status, json } = await send('/dead-letters/send', fields)
        expect(status).to.equal(200)
        const results = json.results as { id: string; isSent: boolean; said: string }[]
        expect(results.map(({ id }) => id)).to.deep.equal(ids.toReversed())
        expect(results.filter(({ isSent }) => !isSent)).to.deep.equal([])
      }
      for (const id of ids) {
        const [line, ...more] = (await auditOf(id)).filter(({ act }) => act === 'send')
        expect(more).to.deep.equal([])
        expect(line).to.include({ who: 'dana', why })
      }
    })

    it('holds up no other if one cannot be sent', async () => {
      const [gone, there] = [journal.messages[0]!, journal.messages[7]!]
      const fields: [string, string][] = [...Object.entries(form({ count: '2' }))]
      fields.push(['id', there], ['id', gone])
      const { json } = await send('/dead-letters/send', fields)
      const results = json.results as { id: string; isSent: boolean }[]
      expect(results.map(({ id, isSent }) => [id, isSent])).to.deep.equal([
        [gone, false],
        [there, true],
      ])
    })
  })

import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { createManualClock } from '../support/manual-clock.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { basicOf, openTestConsole, type TestConsole } from './open-console.ts'
import { useStuckJournals, type StuckJournal } from './with-stuck.ts'

const why = 'the venue has called'
const long = 'x'.repeat(5_000)

/** As they are in an address: what no page of the console writes. */
const oddTexts: Record<string, string> = {
  empty: '',
  NUL: '%00',
  'NUL in the middle': 'a%00b',
  'a lone surrogate': '%ED%A0%80',
  'bytes that are no UTF-8': '%FF%FE',
  'a stray per cent sign': '%',
  'a bidirectional mark': '%E2%80%AE1902',
  'an element': '%3Cscript%3Ealert(1)%3C/script%3E',
  'a quote': "'%22--",
  'a path': '..%2F..%2Fetc%2Fpasswd',
  '5,000 characters': long,
  'an array': '[]',
  'a negative number': '-1',
  'a large number': '99999999999999999999',
  'no integer': '1e3',
  'a number in hexadecimal': '0x10',
}

for (const { name, make } of useStuckJournals())
  describe(`what no page of the console has sent, on ${name},`, function () {
    this.timeout(120_000)
    useRealSockets()
    let journal: StuckJournal
    let test: TestConsole
    before(async () => {
      journal = await make(1, { messages: 1 })
      // It stands still, so that nobody has to wait for having asked a lot.
      test = await openTestConsole(journal.env, { clock: createManualClock(Date.now()) })
      await test.till.balance({ cardNumber: 'CROWN1001', accountNumber: '5001' })
    })
    after(async () => {
      await test?.close()
      await journal?.end()
    })
    // Whatever was sent, nothing has broken.
    afterEach(async () => {
      expect((await test.ask('/')).status).to.equal(200)
      expect(
        test.service.lines().filter(({ level }) => level === 'error' || level === 'fatal'),
      ).to.deep.equal([])
    })

    async function expectClear(path: string, init: Parameters<TestConsole['ask']>[1] = {}) {
      const { status, text } = await test.ask(path, init)
      const what = `${path.slice(0, 60)}: ${text.slice(0, 200)}`
      expect(status, what).to.be.below(500)
      if (status >= 400) expect(text, what).to.match(/[a-z]{3}/)
      return status
    }

    const queries = [
      '/?x=',
      '/audit?of=',
      '/audit?below=',
      '/redemptions?state=',
      '/redemptions?state=stuck&state=',
      '/redemptions?venue=',
      '/redemptions?after=',
      '/redemptions?after=1-',
      '/dead-letters?venue=',
      '/dead-letters?after=',
      '/bills/1902/5001?on=',
      '/bills/1902/5001?venue=',
      '/bills/1902/5001?as=',
      '/ids/12345678?as=',
    ]
    const paths = [
      '/bills/',
      '/bills/1902/',
      '/ids/',
      '/cards/',
      '/redemptions/',
      '/dead-letters/',
      '/runbooks/',
      '/',
    ]
    for (const path of [...queries, ...paths])
      it(`is answered clearly: ${path}`, async () => {
        for (const text of Object.values(oddTexts)) await expectClear(path + text)
      })

    for (const path of [
      '/bills/%00/1',
      '/bills/1902/%00',
      '/audit?of=%00',
      '/dead-letters?venue=a%00',
      '/ids/%00',
    ])
      it(`is refused with 400: ${path}`, async () => expect(await expectClear(path)).to.equal(400))

    const wrong: [path: string, status: number][] = [
      ['/audit?below=x', 400],
      ['/audit?below=1.5', 400],
      ['/audit?below=1234567890123456', 400],
      ['/redemptions?state=open', 400],
      ['/redemptions?after=1', 400],
      ['/dead-letters?after=x-y', 400],
      ['/bills/1902/5001?on=yesterday', 400],
      ['/bills/1902/5001?on=2026-02-30', 400],
      ['/bills/1902/5001?on=%2B300000-01-01', 400],
      ['/bills/1902/5001?on=-271821-04-19', 400],
      ['/bills/1902/5001?on=2001-01-01', 404],
      ['/bills/1902/none', 404],
      ['/bills/1902', 404],
      ['/bills/1902/5001/x', 404],
      ['/cards/123', 404],
      [`/cards/${'a'.repeat(64)}`, 404],
      ['/redemptions/none', 404],
      ['/dead-letters/send', 404],
      ['/runbooks/ZonalNothing', 404],
      ['/runbooks/..%2Findex', 404],
      ['/constructor', 404],
      ['/__proto__', 404],
      ['/assets/style.css', 404],
    ]
    for (const [path, status] of wrong)
      it(`is answered with ${status}: ${path.slice(0, 60)}`, async () =>
        expect(await expectClear(path)).to.equal(status))

    const ofForms = {
      act: ['', 'x', randomUUID().toUpperCase(), `${randomUUID()}0`, 'content operator 1 2', '\0', long],
      why: ['', '    ', 'abcd', 'x'.repeat(501), '\u200b'.repeat(20), 'five\0five', long],
      state: ['open', '', '\0', long],
    }
    for (const [field, values] of Object.entries(ofForms))
      it(`does nothing as ${field} of a form`, async () => {
        const forms = ['retry', 'settle'].map((act) => `/redemptions/${journal.id}/${act}`)
        const letter = journal.messages[0]
        for (const path of [...forms, `/dead-letters/${letter}/send`, `/dead-letters/${letter}/drop`])
          for (const value of values) {
            const fields = { act: randomUUID(), why, as: 'taken', [field]: value }
            expect(await expectClear(path, { fields }), `${path}: ${value.slice(0, 20)}`).to.be.oneOf([
              400, 422,
            ])
          }
        expect((await test.ask('/redemptions?state=stuck')).json).to.have.length(1)
        expect((await test.ask('/audit')).json as unknown as { act: string }[]).to.satisfy(
          (lines: { act: string }[]) => lines.every(({ act }) => act === 'see_content'),
        )
      })

    it('does nothing as decision, ids or number of a form', async () => {
      for (const as of ['', 'credited', '\0', long]) {
        const fields = { act: randomUUID(), why, as }
        expect(await expectClear(`/redemptions/${journal.id}/settle`, { fields })).to.be.oneOf([400, 422])
      }
      const sends: Record<string, string>[] = [
        { id: '../x', count: '1' },
        { id: 'none', count: '2' },
        { id: '\0', count: '1' },
        { count: '0' },
        {},
      ]
      for (const more of sends) {
        const fields = { act: randomUUID(), why, ...more }
        expect(await expectClear('/dead-letters/send', { fields }), JSON.stringify(more)).to.be.oneOf([
          400, 422,
        ])
      }
    })

    it('is found by no search', async () => {
      for (const q of [
        '',
        ' ',
        '\0',
        '1902 \0',
        '%',
        '_',
        "' OR 1=1 --",
        '🐧',
        '\ud800',
        '../..',
        '1902/',
        'x'.repeat(201),
      ])
        expect(await expectClear('/search', { fields: { q } }), q).to.be.oneOf([400, 404, 422])
      for (const q of ['x'.repeat(200), '*', '00000000', '-------------'])
        expect(await expectClear('/search', { fields: { q } }), q).to.equal(404)
    })

    it('is refused if it is too large, or no form', async () => {
      const post = (body: string | Buffer, headers: Record<string, string>) =>
        fetch(`${test.url}/search`, {
          method: 'POST',
          redirect: 'manual',
          headers: {
            authorization: basicOf('operator'),
            'sec-fetch-site': 'same-origin',
            'content-type': 'application/x-www-form-urlencoded',
            ...headers,
          },
          body,
        })
      const bodies: [string | Buffer, Record<string, string>, number][] = [
        [`q=${'x'.repeat(64 * 1024)}`, {}, 413],
        [`q=${'%00'.repeat(20_000)}`, {}, 400],
        ['a&'.repeat(30_000), {}, 422],
        ['{"q":"5001"}', { 'content-type': 'application/json' }, 422],
        ['q=5001', { 'content-type': 'text/plain' }, 422],
        ['--x\r\n\r\n--x--', { 'content-type': 'multipart/form-data; boundary=x' }, 422],
        ['q=5001', { 'content-encoding': 'gzip' }, 400],
        ['q=5001', { 'content-encoding': 'unknown' }, 400],
        [Buffer.from([0xff, 0x3d, 0xfe]), {}, 422],
      ]
      for (const [body, headers, status] of bodies) {
        const answer = await post(body, headers)
        expect(answer.status, `${JSON.stringify(headers)} ${body.toString().slice(0, 20)}`).to.equal(status)
        expect(await answer.text()).to.include('<main')
      }
    })
  })

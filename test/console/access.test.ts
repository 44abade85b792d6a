import { expect } from 'chai'
import { createManualClock } from '../support/manual-clock.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { basicOf, openTestConsole, password, type TestConsole } from './open-console.ts'

const wrong = 'a password that nobody has'

describe('the console lets nobody in', function () {
  useRealSockets()
  const clock = createManualClock()
  let test: TestConsole
  before(async () => (test = await openTestConsole({ TRUSTED_PROXIES: '1' }, { clock })))
  after(() => test?.close())
  // What was counted before is over.
  beforeEach(() => clock.advance(60_000))

  const ask = (path: string, authorization?: string, headers: Record<string, string> = {}) =>
    fetch(test.url + path, {
      redirect: 'manual',
      headers: { ...(authorization !== undefined && { authorization }), ...headers },
    })
  const from = (address: string) => ({ 'x-forwarded-for': address })

  for (const path of ['/', '/style.css', '/nowhere', '/audit', '/cards/0', '/search'])
    it(`without a password: ${path} is 401, and says how to log in`, async () => {
      const answer = await ask(path)
      expect(answer.status).to.equal(401)
      expect(answer.headers.get('www-authenticate')).to.equal(
        'Basic realm="Zonal loyalty adapter", charset="UTF-8"',
      )
      expect(answer.headers.get('cache-control')).to.equal('no-store')
      expect(answer.headers.get('content-security-policy')).to.include("default-src 'none'")
      expect(await answer.text()).to.include('Name and password are needed.')
    })

  it('with a wrong password, or a name that is not known: both hear the same', async () => {
    const answers = await Promise.all(
      [basicOf('operator', wrong), basicOf('mallory', password)].map((each) => ask('/', each)),
    )
    expect(answers.map(({ status }) => status)).to.deep.equal([401, 401])
    const [one, other] = await Promise.all(answers.map((each) => each.text()))
    expect(one).to.equal(other).and.to.include('The name or the password is wrong.')
    expect(answers[0]!.headers.get('www-authenticate')).to.be.a('string')
  })

  it('after ten wrong passwords from one address, for a minute; others, and whoever is remembered, go on', async () => {
    const guesser = from('198.51.100.7')
    expect((await ask('/audit', basicOf('viewer'), guesser)).status).to.equal(200)
    // What is written before the address that our proxy has seen does not count.
    for (let at = 0; at < 10; at++) {
      const spoofed = from(`203.0.113.${at}, 198.51.100.7`)
      expect((await ask('/', basicOf('operator', wrong), spoofed)).status).to.equal(401)
    }
    const locked = await ask('/', basicOf('support'), guesser)
    expect(locked.status).to.equal(429)
    expect(locked.headers.get('retry-after')).to.equal('60')
    expect(locked.headers.get('www-authenticate'), 'the browser would ask again').to.equal(null)
    expect(await locked.text()).to.include('Wait a minute')
    expect((await ask('/audit', basicOf('viewer'), guesser)).status).to.equal(200)
    expect((await ask('/audit', basicOf('support'), from('198.51.100.8'))).status).to.equal(200)
    clock.advance(60_000)
    expect((await ask('/audit', basicOf('operator'), guesser)).status).to.equal(200)
  })

  it('and writes neither password nor hash into a line of the log or an answer', async () => {
    const answers = [
      await ask('/', basicOf('operator', wrong)),
      await ask(`/${wrong}`, basicOf('operator')),
      await ask('/audit', basicOf('operator')),
      await ask('/runbooks/ZonalJournalTrouble', basicOf('operator')),
    ]
    const texts = await Promise.all(answers.map((each) => each.text()))
    const headers = answers.map((each) => JSON.stringify([...each.headers]))
    expect(test.service.lines().filter(({ msg }) => msg.includes('wrong name or password'))).to.not.be.empty
    for (const text of [...texts, ...headers, ...test.service.rawLines])
      for (const secret of [wrong, password, basicOf('operator').slice(6), 'scrypt$'])
        expect(text.includes(secret), `${secret} in ${text.slice(0, 300)}`).to.equal(false)
  })
})

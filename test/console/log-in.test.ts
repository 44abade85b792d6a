import { scryptSync } from 'node:crypto'
import { expect } from 'chai'
import { createLogIn, type LogIn } from '../../src/console/access/log-in.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { basicOf } from './open-console.ts'

/** One that is checked at once, which the configuration would not accept. */
function weakHash(password: string): string {
  const salt = Buffer.alloc(16, 1)
  const key = scryptSync(password, salt, 32, { N: 2, r: 8, p: 1 })
  return ['scrypt', 2, 8, 1, salt.toString('base64url'), key.toString('base64url')].join('$')
}

const right = 'correct horse battery'
const users = new Map([
  ['dana', { role: 'operator' as const, hash: weakHash(right) }],
  ['mo', { role: 'viewer' as const, hash: weakHash('påssword of mo'.normalize('NFC')) }],
])

describe('the log-in of the console', () => {
  let clock: ManualClock
  let logIn: LogIn
  beforeEach(() => {
    clock = createManualClock()
    logIn = createLogIn(users, clock)
  })
  const as = (name: string, password: string, address = '192.0.2.1') =>
    logIn(basicOf(name, password), address)
  const fail = async (times: number, address?: (at: number) => string) => {
    for (let at = 0; at < times; at++)
      expect(await as('dana', `wrong ${at}`, address?.(at)), String(at)).to.equal('wrong')
  }

  it('lets in whoever has the right password, in their role, however an accent is written', async () => {
    expect(await as('dana', right)).to.deep.equal({ name: 'dana', role: 'operator' })
    expect(await as('mo', 'påssword of mo'.normalize('NFD'))).to.deep.equal({ name: 'mo', role: 'viewer' })
  })

  const unreadable: Record<string, string | undefined> = {
    'no header': undefined,
    'another scheme': 'Bearer ZGFuYTp4',
    'no Base64': 'Basic dana:secret!',
    'no colon': `Basic ${Buffer.from('dana').toString('base64')}`,
    'an empty name': basicOf('', right),
    'a name with a line break': basicOf('da\nna', right),
    'a name of an object': basicOf('__proto__', right),
    'a password of 129 characters': basicOf('dana', 'x'.repeat(129)),
  }
  for (const [what, header] of Object.entries(unreadable))
    it(`asks for name and password if there is ${what}, and counts no failure`, async () => {
      for (let times = 0; times < 12; times++) expect(await logIn(header, '192.0.2.1')).to.equal('missing')
      expect(await as('dana', right))
        .to.be.an('object')
        .with.property('name')
    })

  it('refuses names that are none of its users, also those that every object has', async () => {
    for (const name of ['nobody', 'constructor', 'toString', 'Dana'])
      expect(await as(name, right), name).to.equal('wrong')
  })

  it('locks an address after ten wrong passwords within a minute, and then also the right one', async () => {
    await fail(10)
    expect(await as('dana', right)).to.deep.equal({ lockedForMs: 60_000 })
    expect(await as('dana', right, '192.0.2.2')).to.have.property('name')
    clock.advance(59_999)
    expect(await as('mo', 'any')).to.deep.equal({ lockedForMs: 1 })
    clock.advance(1)
    expect(await as('mo', 'any')).to.equal('wrong')
  })

  it('counts an IPv6 network as one address', async () => {
    await fail(10, (at) => `2001:db8::${at + 1}`)
    expect(await as('dana', right, '2001:db8::ffff')).to.have.property('lockedForMs')
    expect(await as('dana', right, '2001:db8:0:1::1')).to.have.property('name')
  })

  it('lets nobody new in after sixty wrong passwords from anywhere, while who is remembered goes on', async () => {
    await as('mo', 'påssword of mo', '198.51.100.1')
    await fail(60, (at) => `203.0.113.${at}`)
    expect(await as('dana', right, '198.51.100.2')).to.deep.equal({ lockedForMs: 60_000 })
    expect(await as('mo', 'påssword of mo', '203.0.113.9')).to.have.property('name', 'mo')
    clock.advance(60_000)
    expect(await as('dana', right, '198.51.100.2')).to.have.property('name', 'dana')
  })

  // Those that waited for their turn were all checked, since they had been let through before.
  it('checks no more than ten passwords, however many come at once', async () => {
    await fail(9)
    const found = await Promise.all(Array.from({ length: 30 }, (_, at) => as('dana', `burst ${at}`)))
    expect(found.filter((each) => each === 'wrong')).to.have.length(1)
    expect(found.filter((each) => typeof each === 'object' && 'lockedForMs' in each)).to.have.length(29)
  })

  it('remembers a right password for ten minutes, and nobody else by it', async () => {
    await as('dana', right)
    await fail(10)
    clock.advance(1)
    expect(await as('dana', right)).to.have.property('name')
    expect(await as('mo', right)).to.have.property('lockedForMs')
    clock.advance(10 * 60_000)
    await fail(10)
    expect(await as('dana', right)).to.have.property('lockedForMs')
  })
})

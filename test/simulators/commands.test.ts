import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { demo } from './core/demo-project.ts'

const run = promisify(execFile)
const script = (name: string) => new URL(name, import.meta.url).pathname

describe('npm run simulate:core', () => {
  async function startCore(...args: string[]) {
    const core = spawn(process.execPath, [script('simulate-core.ts'), ...args])
    const [printed] = (await once(core.stdout, 'data')) as [Buffer]
    const [, url = ''] = /(http:\/\/127\.0\.0\.1:\d+\/v1)/.exec(String(printed)) ?? []
    const [, faults = ''] = /(http:\/\/127\.0\.0\.1:\d+\/faults)/.exec(String(printed)) ?? []
    const headers = { authorization: `Bearer ${demo.apiKey}` }
    return {
      printed: String(printed),
      faults,
      card: (id: string = demo.cards.anna) => fetch(`${url}/card/${id}`, { headers }),
      async [Symbol.asyncDispose]() {
        const ended = once(core, 'exit')
        core.kill('SIGINT')
        expect(await ended).to.deep.equal([0, null])
      },
    }
  }

  it('prints an address, a key, a venue and cards that work, and ends on Ctrl-C', async () => {
    await using core = await startCore('--errors', 'flat')
    for (const word of [demo.apiKey, demo.venueId, demo.cards.anna]) expect(core.printed).to.contain(word)
    const known = await core.card()
    const unknown = await core.card(demo.cards.unknown)
    expect(await known.json()).to.have.nested.property('member.first_name', 'Anna')
    expect(await unknown.json()).to.have.property('event_id')
  })

  it('begins with the faults of its options', async () => {
    await using core = await startCore('--fault', 'card:500,times=1', '--slow', '1')
    expect((await core.card()).status).to.equal(500)
    expect((await core.card()).status).to.equal(200)
    expect(await (await fetch(core.faults)).text()).to.equal('delay,ms=1\n')
  })

  it('takes faults and outages over HTTP, also while it is away', async () => {
    await using core = await startCore()
    const outage = core.faults.replace('faults', 'outage')
    const ordered = await fetch(core.faults, { method: 'POST', body: '429' })
    expect(await ordered.text()).to.contain('retry-after=5')
    const busy = await core.card()
    expect([busy.status, busy.headers.get('retry-after')]).to.deep.equal([429, '5'])

    expect(await (await fetch(outage, { method: 'PUT' })).text()).to.contain('the core is away')
    expect(await core.card().catch(() => 'refused')).to.equal('refused')
    await fetch(core.faults, { method: 'DELETE' })
    expect(await (await fetch(outage, { method: 'DELETE' })).text()).to.equal('')
    expect((await core.card()).status).to.equal(200)

    const unclear = await fetch(core.faults, { method: 'POST', body: 'hung' })
    expect([unclear.status, await unclear.text()].join()).to.match(/^400,"hung" is no fault: kind must be/)
    expect((await fetch(`${core.faults}/all`)).status).to.equal(404)
  })

  it('takes no fault from a page of another site', async () => {
    await using core = await startCore()
    const forged = { method: 'POST', body: 'hang', headers: { origin: 'https://other.example' } }
    expect((await fetch(core.faults, forged)).status).to.equal(403)
    expect(await (await fetch(core.faults)).text()).to.equal('')
  })

  it('explains itself with --help, and says what is wrong with an option', async () => {
    const { stdout } = await run(process.execPath, [script('simulate-core.ts'), '--help'])
    for (const word of ['--slow MS', 'redeem:hang-after', 'DELETE /faults']) expect(stdout).to.contain(word)
    for (const wrong of ['--fault=hung', '--slow=soon', '--sluggish']) {
      const error: unknown = await run(process.execPath, [script('simulate-core.ts'), wrong]).catch(
        (reason: unknown) => reason,
      )
      expect(error).to.have.property('code', 2)
      expect(error)
        .to.have.property('stderr')
        .that.contains(wrong.split('=').at(-1))
        .and.contains('--fault FAULT')
    }
  })
})

describe('npm run simulate:till', () => {
  let server: Server
  let url: string
  before(async () => {
    server = createServer((_, response) => {
      response.end('{"response":"Error","code":"CARD_UNKNOWN","detail":"This card is not known."}')
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/zonal/v1`
  })
  after(() => server.close())

  const till = (...words: string[]) =>
    run(process.execPath, [
      script('simulate-till.ts'),
      '--url',
      url,
      '--venue',
      '1902',
      '--key',
      'k',
      ...words,
    ])

  it('prints what the operator sees', async () => {
    const { stdout } = await till('balance', 'CROWN9999')
    expect(stdout)
      .to.match(/│ {2}! This card is not known\. +│/)
      .and.to.contain('HTTP 200')
  })

  it('prints with --raw what went over the wire, in the dialect that is asked for', async () => {
    const { stdout } = await till('--raw', '--dialect', 'PascalCase', 'balance', 'CROWN9999')
    expect(stdout).to.contain('{"CardNumber":"CROWN9999"}').and.to.contain('"code":"CARD_UNKNOWN"')
  })

  it('explains itself with --help', async () => {
    const { stdout } = await run(process.execPath, [script('simulate-till.ts'), '--help'])
    expect(stdout).to.contain('debit   CARD --account BILL --points 200')
  })

  for (const words of [
    [],
    ['pay', 'CARD'],
    ['balance'],
    ['debit', 'CARD', '--reward', 'uc-1'],
    ['ticket', 'CARD'],
  ])
    it(`prints its usage if arguments are missing: ${words.join(' ') || 'nothing'}`, async () => {
      const error: unknown = await till(...words).catch((reason: unknown) => reason)
      expect(error).to.have.property('code', 2)
      expect(error).to.have.property('stderr').that.contains('npm run simulate:till')
    })
})

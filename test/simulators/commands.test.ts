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
  it('prints an address, a key, a venue and cards that work, and ends on Ctrl-C', async () => {
    const core = spawn(process.execPath, [script('simulate-core.ts'), '--errors', 'flat'])
    try {
      const [printed] = (await once(core.stdout, 'data')) as [Buffer]
      const url = /http:\/\/127\.0\.0\.1:\d+\/v1/.exec(String(printed))?.[0]
      for (const word of [demo.apiKey, demo.venueId, demo.cards.anna])
        expect(String(printed)).to.contain(word)

      const headers = { authorization: `Bearer ${demo.apiKey}` }
      const known = await fetch(`${url}/card/${demo.cards.anna}`, { headers })
      const unknown = await fetch(`${url}/card/${demo.cards.unknown}`, { headers })
      expect(await known.json()).to.have.nested.property('member.first_name', 'Anna')
      expect(await unknown.json()).to.have.property('event_id')
    } finally {
      const ended = once(core, 'exit')
      core.kill('SIGINT')
      expect(await ended).to.deep.equal([0, null])
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

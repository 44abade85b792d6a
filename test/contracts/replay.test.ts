import { expect } from 'chai'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import nock from 'nock'
import { startCoreSimulator } from '../simulators/core.ts'
import { recordedProject } from '../simulators/core/recorded-project.ts'
import { recordingsIn } from '../support/recordings-in.ts'
import { mockedCore, startTestService, type TestService } from '../support/test-service.ts'
import { basic, dummy, exchange } from './exchange.ts'
import { readRecordings, recordingsFolder } from './recording.ts'
import { replay } from './replay.ts'

describe('npm run contracts:replay', () => {
  let folder: string
  let lines: string[]
  const closers: (() => Promise<void>)[] = []

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'recordings-'))
    lines = []
  })
  afterEach(async () => {
    for (const close of closers.splice(0)) await close()
    rmSync(folder, { recursive: true })
  })

  const run = (...args: string[]) => replay([folder, ...args], (line) => lines.push(line))
  const copy = (...files: string[]) => {
    for (const file of files)
      copyFileSync(join(recordingsFolder, `${file}.json`), join(folder, `${file}.json`))
  }
  const change = (file: string, from: string, to: string) => {
    const path = join(folder, `${file}.json`)
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(from, to))
  }
  async function startService(env: Record<string, string> = {}): Promise<TestService> {
    const service = await startTestService(env)
    closers.push(service.end)
    return service
  }

  it('finds no differences if there are none', async () => {
    copy('debit-of-a-reward', 'debit-repeated')
    expect(await run()).to.equal(0)
    expect(lines.map((line) => line.split(':')[0])).to.deep.equal([
      'same       debit-of-a-reward',
      'same       debit-repeated',
      'no differences',
    ])
  })

  it('says for each field that differs what was expected and what came', async () => {
    copy('ticket-of-few-words')
    change('ticket-of-few-words', '"duplicate": false', '"duplicate": true')
    change('ticket-of-few-words', '"currency": "GBP",\n      "venue_id_type"', '"venue_id_type"')
    expect(await run()).to.equal(1)
    expect(lines.join('\n')).to.include('reply.body.duplicate: expected true, got false')
    expect(lines.join('\n')).to.include('event.0.value.currency: expected nothing, got "GBP"')
    expect(lines.at(-1)).to.equal('1 with differences')
  })

  it('sends recordings to a running service with the given credentials, and compares the answers', async () => {
    const { url } = await startService()
    const authorization = 'Bearer another-trifft-api-key'
    nock(mockedCore, { reqheaders: { authorization } })
      .get('/v1/venue?param=aztecVenueId:1903')
      .reply(200, [{ id: 'anchor', currency: 'GBP' }])
    copy('ticket-as-a-form', 'broken-json', 'ticket-refused-with-200')
    const credentials = ['--venue', '1903', '--key', 'another-trifft-api-key']
    expect(await run('--url', url, ...credentials, '--with-debits-and-tickets')).to.equal(0)
    expect(lines[0]).to.equal(`WARNING: 2 of 3 debit, credit or hand in a ticket at ${url}: that is real.`)
    expect(lines.join('\n')).to.include('same       ticket-as-a-form')
    expect(lines.join('\n')).to.include('skipped    ticket-refused-with-200')
  })

  it('leaves out debits, credits and tickets at a running service unless it is told to send them', async () => {
    const service = await startService()
    copy('ticket-as-a-form', 'debit-in-every-other-way', 'broken-json')
    expect(await run('--url', service.url), lines.join('\n')).to.equal(0)
    expect(lines[0]).to.equal('2 of 3 are left out: they may debit, credit or hand in a ticket.')
    expect(lines.join('\n')).to.include('skipped    ticket-as-a-form: it needs --with-debits-and-tickets')
    const asked = service.lines().filter(({ msg }) => msg === 'request')
    expect(asked.map(({ code }) => code)).to.deep.equal(['MESSAGE_UNREADABLE'])
  })

  it('finds no differences between all recordings and a service in front of the simulated core', async () => {
    const core = await startCoreSimulator({ projects: [recordedProject()] })
    closers.push(core.close)
    const { url } = await startService({ CORE_BASE_URL: core.url })
    expect(
      await replay([recordingsFolder, '--url', url], (line) => lines.push(line)),
      lines.join('\n'),
    ).to.equal(0)
    const same = lines.filter((line) => line.startsWith('same'))
    expect(same).to.have.length.above(40)
    expect(core.movements()).to.deep.equal([])
  })

  it('prints its usage if it is called wrongly', async () => {
    expect(await run('--address', 'http://127.0.0.1:1')).to.equal(2)
    expect(lines.join('\n')).to.include('--url URL')
  })

  it('continues if nothing answers', async () => {
    copy('broken-json', 'empty-body')
    expect(await run('--url', 'http://127.0.0.1:1/zonal/v1')).to.equal(1)
    expect(lines.at(-1)).to.equal('2 with differences')
  })

  // The four steps of contracts/recordings.md, up to the one in which code is written.
  it('reports a captured message in an unknown syntax as not understood', async () => {
    const service = await startService({ CAPTURE_DIR: folder })
    const headers = { authorization: basic(dummy), 'x-till': 'Aztec 7' }
    const send = (contentType: string, body: string) =>
      exchange(service.url, {
        method: 'POST',
        path: '/zonal/v1/balance',
        headers: { ...headers, 'content-type': contentType },
        body,
      })
    await send(
      'application/soap+xml',
      '<s:Body><GetBalance card="URCARD123"><Key>dummy-trifft-api-key</Key></GetBalance></s:Body>',
    )
    await send('text/plain', 'CARD=URCARD123;OP=BAL;WHO=Anna Novak;KEY=dummy-trifft-api-key')
    await recordingsIn(folder, 2)

    const captured = readRecordings(folder)
    expect(captured.map(({ request }) => request.body).toSorted()[0]).to.match(
      /^<s:Body><GetBalance card="[A-Z]{6}\d{3}"><Key>[a-z]{5}-[a-z]{6}-[a-z]{3}-[a-z]{3}<\/Key><\/GetBalance><\/s:Body>$/,
    )
    expect(captured.map(({ request }) => request.body).toSorted()[1]).to.match(
      /^[A-Z]{4}=[A-Z]{6}\d{3};[A-Z]{2}=[A-Z]{3};[A-Z]{3}=[A-Z][a-z]{3} [A-Z][a-z]{4};[A-Z]{3}=[a-z]{5}-[a-z]{6}-[a-z]{3}-[a-z]{3}$/,
    )
    for (const secret of ['URCARD123', 'dummy-trifft', 'Anna', 'Novak'])
      expect(JSON.stringify(captured)).to.not.include(secret)

    expect(await run(), lines.join('\n')).to.equal(0)
    expect(
      lines.filter((line) => line.startsWith('UNREAD') && line.includes('MEDIA_TYPE_UNSUPPORTED')),
    ).to.have.length(2)
    expect(lines.at(-1)).to.equal('no differences, 2 not understood')
  })

  it('skips captured input that was not HTTP, of which only the shape is kept', async () => {
    const service = await startService({ CAPTURE_DIR: folder })
    const socket = connect(service.port, '127.0.0.1')
    socket.end('\u0002BAL|URCARD123\u0003')
    socket.resume()
    await once(socket, 'close')
    await recordingsIn(folder, 1)
    const [captured] = readRecordings(folder)
    expect(captured?.request.body).to.match(/^\u0002[A-Z]{3}\|[A-Z]{6}\d{3}\u0003$/)
    expect(await run()).to.equal(0)
    expect(lines.join('\n')).to.match(/^skipped .*: it was no HTTP$/m)
  })

  it('replays captured messages on a fresh service and on a running one', async () => {
    const service = await startService({ CAPTURE_DIR: folder })
    nock(mockedCore)
      .get('/v1/venue?param=aztecVenueId:1902')
      .reply(200, [{ id: 'crown', currency: 'GBP' }])
    nock(mockedCore).get('/v1/card/URCARD123').reply(404, notFound)
    nock(mockedCore).get('/v1/card/URCARD123/coupons?status=activated').reply(404, notFound)
    const headers = { 'content-type': 'application/json', authorization: basic(dummy) }
    const post = (operation: string, body: object) =>
      exchange(service.url, {
        method: 'POST',
        path: `/zonal/v1/${operation}`,
        headers,
        body: JSON.stringify(body),
      })
    await post('ticket', { ticketId: 'B-77', closedAt: '2026-11-23T21:15:00Z', total: 5 })
    await post('balance', { cardNumber: 'URCARD123' })
    await post('balance', { card: 'URCARD123' })
    await recordingsIn(folder, 3)

    expect(await run(), lines.join('\n')).to.equal(0)
    const card = '/v1/card/'
    nock(mockedCore)
      .get((path) => path.startsWith(card))
      .twice()
      .reply(404, notFound)
    const { url, rawLines } = service
    const credentials = ['--venue', dummy.venueId, '--key', dummy.apiKey]
    expect(await run('--url', url, ...credentials, '--with-debits-and-tickets'), rawLines.join('')).to.equal(
      1,
    )
    expect(lines.filter((line) => line.includes('expected'))).to.deep.equal([
      '             reply.body.duplicate: expected false, got true',
    ])
  })
})

const notFound = { event_id: 'e', code: 404, message: 'No.', exception: 'CardNotFoundException' }

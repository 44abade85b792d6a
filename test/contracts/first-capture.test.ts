import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import nock from 'nock'
import { registeredDialects } from '../../src/zonal/dialects/registered.ts'
import { xml } from '../dialects/xml/dialect.ts'
import { recordingsIn } from '../support/recordings-in.ts'
import { mockedCore, startTestService } from '../support/test-service.ts'
import { basic, dummy, exchange } from './exchange.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

// The story of contracts/recordings.md, "From a till": capture, look, change one folder, replay.
describe('the first capture of an unknown syntax', function () {
  this.timeout(60_000)
  let captured: string
  let later: string
  let copy: string
  before(() => {
    captured = mkdtempSync(join(tmpdir(), 'first-capture-'))
    later = mkdtempSync(join(tmpdir(), 'first-capture-'))
    mkdirSync(join(root, '.cache'), { recursive: true })
    copy = mkdtempSync(join(root, '.cache', 'first-capture-'))
  })
  after(() => [captured, later, copy].forEach((folder) => rmSync(folder, { recursive: true })))

  const replayWith = async (build: string, folder = captured) => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(build, 'test/contracts/replay.ts'), folder],
      // The copy is gone after this test: what is compiled of it must not stay in the cache.
      { env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' } },
    )
    return stdout
  }

  it('shows its shape, and none of its secrets', async () => {
    const service = await startTestService({ CAPTURE_DIR: captured })
    await exchange(service.url, {
      method: 'POST',
      path: '/zonal/v1/balance',
      headers: { authorization: basic(dummy), 'content-type': 'text/xml' },
      body:
        '<Balance ref="R-1"><Card>URCARD123</Card><Guest>Anna Novak</Guest>' +
        '<Key>dummy-trifft-api-key</Key></Balance>',
    })
    const [recording = ''] = await recordingsIn(captured, 1)
    await service.end()
    expect(JSON.parse(recording).request.body).to.match(
      /^<Balance ref="[A-Z]-\d"><Card>[A-Z]{6}\d{3}<\/Card><Guest>[A-Z][a-z]{3} [A-Z][a-z]{4}<\/Guest><Key>[a-z-]+<\/Key><\/Balance>$/,
    )
    for (const secret of ['URCARD123', 'Anna', 'Novak', 'dummy-trifft'])
      expect(recording).to.not.include(secret)
  })

  it('is reported as not understood by this build', async () => {
    const said = await replayWith(root)
    expect(said).to.match(/^UNREAD .*does not understand it \(MEDIA_TYPE_UNSUPPORTED\)$/m)
    expect(said).to.match(/^no differences, 1 not understood$/m)
  })

  it('is understood once it has a folder, and a line in the list of dialects', async () => {
    for (const part of ['src', 'test', 'contracts', 'package.json', 'Dockerfile'])
      cpSync(join(root, part), join(copy, part), { recursive: true })
    addDialect('xml')
    const said = await replayWith(copy)
    expect(said).to.match(/^READ NOW .*it was not understood \(MEDIA_TYPE_UNSUPPORTED\)$/m)
    expect(said).to.match(/^no differences$/m)
  })

  it('is then compared in its own syntax, with the credentials put back', async () => {
    const service = await startTestService({ CAPTURE_DIR: later }, { dialects: [xml, ...registeredDialects] })
    nock(mockedCore)
      .get('/v1/venue?param=aztecVenueId:1902')
      .reply(200, [{ id: 'crown', currency: 'GBP' }])
    const login = `<User>${dummy.venueId}</User><Key>${dummy.apiKey}</Key>`
    const ticket = `<Ticket ref="R-2">${login}<Id>77</Id><Closed>2026-11-23T12:00:00Z</Closed><Total>1250</Total></Ticket>`
    for (const body of [ticket, `<Debit ref="R-3">${login}<Card>URCARD123</Card></Debit>`])
      await exchange(service.url, {
        method: 'POST',
        path: '/zonal/v1',
        headers: { 'content-type': 'text/xml' },
        body,
      })
    const recordings = await recordingsIn(later, 2)
    await service.end()
    const said = await replayWith(copy, later)
    expect(said).to.match(/^same .*_ticket_OK_/m)
    expect(said).to.match(/^UNREAD .*_debit_MESSAGE_INVALID_/m)
    expect(said).to.match(/^no differences, 1 not understood$/m)

    const recording = recordings.find((text) => text.includes('_ticket_OK_')) ?? ''
    expect(recording).to.include('<Key>(removed)</Key>').and.not.to.include(dummy.apiKey)
    writeFileSync(join(later, 'other.json'), recording.replace('<Ticket>77<', '<Ticket>78<'))
    const error = await replayWith(copy, later).catch((reason: { stdout: string }) => reason)
    expect(error)
      .to.have.property('stdout')
      .that.matches(/^DIFFERENT +other: .*\n +reply\.body\.ticketId: expected "78", got "77"$/m)
  })

  /** Takes the dialect from the tests that have it. What is needed to replay it is in them already: `till.ts`. */
  function addDialect(name: string) {
    const from = join(root, 'test/dialects', name)
    const folder = join(copy, 'src/zonal/dialects', name)
    mkdirSync(folder)
    const ofTests = /^(till|hostile)\.ts$|\.test\.ts$/
    for (const file of readdirSync(from).filter((each) => !ofTests.test(each))) {
      const text = readFileSync(join(from, file), 'utf8')
      const moved = text.replaceAll('../../../src/zonal/', '../../').replaceAll('../../../src/', '../../../')
      writeFileSync(join(folder, file), moved)
    }
    const list = join(folder, '../registered.ts')
    const registered = readFileSync(list, 'utf8')
    const withIt = registered.replace('= [', `= [${name}, `)
    expect(withIt, 'the list of dialects has the form that this test expects').to.not.equal(registered)
    writeFileSync(list, `import { ${name} } from './${name}/dialect.ts'\n${withIt}`)
  }
})

import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { recordingsIn } from '../support/recordings-in.ts'
import { startTestService } from '../support/test-service.ts'
import { basic, dummy, exchange } from './exchange.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What somebody has to write for a till that sends `CARD=…;OP=BAL` as plain text. */
const corrections: [file: string, from: string, to: string][] = [
  [
    'dialects/json/read-request.ts',
    '(?:application|text)\\/json|',
    '(?:application|text)\\/json|text\\/plain|',
  ],
  [
    'dialects/json/read-request.ts',
    'const json = isForm(mediaType) ? readFormField(text) : text',
    `const json = mediaType === 'text/plain' ? fromLines(text) : isForm(mediaType) ? readFormField(text) : text`,
  ],
  [
    'dialects/json/read-request.ts',
    'export function isForm(',
    `function fromLines(text: string): string {
  const { CARD } = Object.fromEntries(text.split(';').map((line) => line.split('=')))
  return JSON.stringify({ cardNumber: CARD })
}

export function isForm(`,
  ],
]

// The story of contracts/recordings.md, "From a till": capture, look, change one folder, replay.
describe('the first capture of a syntax that nobody here knows', function () {
  this.timeout(60_000)
  const captured = mkdtempSync(join(tmpdir(), 'first-capture-'))
  mkdirSync(join(root, '.cache'), { recursive: true })
  const copy = mkdtempSync(join(root, '.cache', 'first-capture-'))
  after(() => [captured, copy].forEach((folder) => rmSync(folder, { recursive: true })))

  const replayWith = async (build: string) => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(build, 'test/contracts/replay.ts'), captured],
      // The copy is gone after this test: what is compiled of it must not stay in the cache.
      { env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' } },
    )
    return stdout
  }

  it('shows its shape, and none of its secrets', async () => {
    const service = await startTestService({ CAPTURE_DIR: captured, CAPTURE_NAMES: 'keep' })
    await exchange(service.url, {
      method: 'POST',
      path: '/zonal/v1/balance',
      headers: { authorization: basic(dummy), 'content-type': 'text/plain' },
      body: 'CARD=URCARD123;OP=BAL;WHO=Anna Novak;KEY=dummy-trifft-api-key',
    })
    const [recording = ''] = await recordingsIn(captured, 1)
    await service.end()
    expect(JSON.parse(recording).request.body).to.match(
      /^CARD=[A-Z]{6}\d{3};OP=[A-Z]{3};WHO=[A-Z][a-z]{3} [A-Z][a-z]{4};KEY=[a-z-]+$/,
    )
    for (const secret of ['URCARD123', 'Anna', 'Novak', 'dummy-trifft'])
      expect(recording).to.not.include(secret)
  })

  it('is not understood by this build, which says so', async () => {
    const said = await replayWith(root)
    expect(said).to.match(/^UNREAD .*does not understand it \(MEDIA_TYPE_UNSUPPORTED\)$/m)
    expect(said).to.match(/^no differences, 1 not understood$/m)
  })

  it('is understood once one folder is changed', async () => {
    for (const part of ['src', 'test', 'contracts', 'package.json', 'Dockerfile'])
      cpSync(join(root, part), join(copy, part), { recursive: true })
    for (const [name, from, to] of corrections) {
      const file = join(copy, 'src/zonal', name)
      const text = readFileSync(file, 'utf8')
      expect(text, `${name} is as this test knows it`).to.include(from)
      writeFileSync(file, text.replace(from, to))
    }
    const said = await replayWith(copy)
    expect(said).to.match(/^READ NOW .*it was not understood \(MEDIA_TYPE_UNSUPPORTED\)$/m)
    expect(said).to.match(/^no differences$/m)
  })
})

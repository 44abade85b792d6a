import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { processEnv } from '../support/process-env.ts'

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

describe('a start', () => {
  let folder: string
  let taken: Server
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'start-test-'))
    taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
  })
  afterEach(() => {
    taken.close()
    rmSync(folder, { recursive: true })
  })

  const environment = () => ({
    ...processEnv(),
    HOST: '127.0.0.1',
    PORT: '0',
    MANAGEMENT_PORT: '0',
    CORE_BASE_URL: 'http://127.0.0.1:9',
    JOURNAL_PATH: join(folder, 'journal.sqlite'),
  })

  // Kubernetes stopped a pod that it had just started. The stop closed what was there, and then the start went on: the
  // service listened and was ready, with a closed journal, until it was killed.
  it('ends with 0 and never listens if SIGTERM comes while it starts', () => {
    const sendSigterm =
      "process.on('newListener', (name) => name === 'SIGTERM' && process.nextTick(() => process.kill(process.pid, name)))"
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', `data:text/javascript,${encodeURIComponent(sendSigterm)}`, main],
      {
        env: environment(),
        encoding: 'utf8',
        timeout: 15_000,
        killSignal: 'SIGKILL',
      },
    )
    expect([status, stderr]).to.deep.equal([0, ''])
    const said = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { level: string; msg: string }).msg)
    expect(said).to.deep.equal([
      'starting',
      'a development key is in use; production needs JOURNAL_KEY and CARD_HASH_KEY',
      'stopping',
      'stopped',
    ])
  })

  // The other port was open already, and kept a process alive that served nobody and was not restarted.
  for (const name of ['PORT', 'MANAGEMENT_PORT'])
    it(`ends with 1 and says why if its ${name} is taken`, () => {
      const { port } = taken.address() as AddressInfo
      const { status, stderr } = spawnSync(process.execPath, [main], {
        env: { ...environment(), [name]: String(port) },
        encoding: 'utf8',
        timeout: 15_000,
        // SIGTERM would make it stop, with the same status.
        killSignal: 'SIGKILL',
      })
      expect(stderr).to.match(/EADDRINUSE/)
      expect(status, 'null if it had to be killed').to.equal(1)
    })
})

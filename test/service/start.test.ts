import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

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

  // The other port listened already, and kept a process that served nobody and was not restarted by anybody.
  for (const name of ['PORT', 'MANAGEMENT_PORT'])
    it(`ends with 1 and says why where its ${name} is taken`, () => {
      const { port } = taken.address() as AddressInfo
      const { status, stderr } = spawnSync(process.execPath, [main], {
        env: {
          PATH: process.env.PATH,
          HOST: '127.0.0.1',
          PORT: '0',
          MANAGEMENT_PORT: '0',
          CORE_BASE_URL: 'http://127.0.0.1:9',
          JOURNAL_PATH: join(folder, 'journal.sqlite'),
          [name]: String(port),
        },
        encoding: 'utf8',
        timeout: 15_000,
        // SIGTERM would make it stop, with the same status.
        killSignal: 'SIGKILL',
      })
      expect(status, 'null where it had to be killed').to.equal(1)
      expect(stderr).to.match(/EADDRINUSE/)
    })
})

import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { expect } from 'chai'
import { runCommand } from '../commands/run-command.ts'
import { startAdapterProcess } from '../support/adapter-process.ts'
import { journalEnv } from '../support/journal-url.ts'
import { useRealSockets } from '../support/real-sockets.ts'

// The process ended in silence, and the service even with 0: while it waited for its next try, nothing kept it alive.
describe('a database that breaks off every connection', function () {
  this.timeout(30_000)
  useRealSockets()
  let database: Server
  let env: Record<string, string>
  beforeEach(async () => {
    database = createServer((socket) => {
      socket.on('error', () => undefined).once('data', () => socket.destroy())
    }).listen(0, '127.0.0.1')
    await once(database, 'listening')
    env = journalEnv(`postgres://adapter:word@127.0.0.1:${(database.address() as AddressInfo).port}/loyalty`)
  })
  afterEach(() => database.close())

  it('does not end the service, which listens and says so', async () => {
    const adapter = await startAdapterProcess({ ...env, CORE_BASE_URL: 'http://127.0.0.1:9' })
    const health = await fetch(`${adapter.managementUrl}/health/ready`)
    expect(((await health.json()) as { journal: string }).journal).to.match(/^unavailable: /)
    expect(await adapter.stop()).to.deep.equal({ code: 0, signal: null })
  })

  it("does not end an operator's command before it says that nothing was done", async () => {
    const { code, stderr } = await runCommand('redemptions', ['stuck'], env)
    expect(code).to.equal(1)
    expect(stderr).to.match(/database/)
  })
})

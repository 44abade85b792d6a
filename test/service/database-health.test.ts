import { expect } from 'chai'
import { startCuttingProxy, type CuttingProxy } from '../support/cutting-proxy.ts'
import { journalEnv } from '../support/journal-url.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { startTestService, type TestService } from '../support/test-service.ts'

describe('what replicas say of their database', () => {
  useRealSockets()
  const makeDatabase = usePostgres()
  let proxy: CuttingProxy
  let first: TestService
  let second: TestService

  beforeEach(async () => {
    proxy = await startCuttingProxy(await makeDatabase())
    // Nobody is there; the lease is taken all the same.
    const env = { ...journalEnv(proxy.url), KAFKA_BROKERS: '127.0.0.1:9', POS_DEADLINE_MS: '1200' }
    first = await startTestService(env)
    await first.line(({ msg }) => msg === 'this replica publishes the tickets now')
    second = await startTestService(env)
  })
  afterEach(async () => {
    await Promise.all([first.end(), second.end()])
    proxy.stop()
  })

  const get = async ({ managementUrl }: TestService, path: string) =>
    await (await fetch(managementUrl + path)).text()
  /** @returns the page of metrics as soon as it has all of these lines */
  async function linesWith(service: TestService, wanted: string[]): Promise<string[]> {
    for (;;) {
      const lines = (await get(service, '/metrics')).split('\n')
      if (wanted.every((line) => lines.includes(line))) return lines
    }
  }
  const health = async (service: TestService) =>
    JSON.parse(await get(service, '/health/ready')) as Record<string, unknown>

  it('is how safe a commit is, and which of them sends tickets', async () => {
    expect(await health(first)).to.include({
      status: 'ready',
      journal: 'ok',
      database: 'commits are in memory only: fsync is off',
      relay: 'active',
    })
    expect(await health(second)).to.include({ relay: 'standing by' })
    // On a busy machine a lease may be renewed late, or a statement time out: then they hold again a moment later.
    const lines = await linesWith(first, [
      'zonal_journal_durability{level="memory"} 1',
      'zonal_journal_durability{level="standby"} 0',
      'zonal_journal_unreplicated_commits_total 0',
      'zonal_relay_active 1',
      'zonal_journal_trouble{kind="away"} 0',
    ])
    const waits = lines.find((line) => line.startsWith('zonal_journal_connection_duration_seconds_count'))
    expect(Number(waits?.split(' ')[1])).to.be.above(0)
    expect((await get(second, '/metrics')).split('\n')).to.include('zonal_relay_active 0')
  })

  it('is that it is away, and later that it is back; nobody sends tickets meanwhile', async () => {
    proxy.refuse()
    proxy.cut()
    const isTrouble = ({ msg, kind }: { msg: string; kind?: unknown }) =>
      msg === 'trouble with the journal' && kind === 'away'
    await Promise.all([first, second].map((service) => service.line(isTrouble)))
    // A holder trusts its lease for four seconds.
    while (!(await get(first, '/metrics')).includes('zonal_relay_active 0'));
    const { status, journal, relay } = await health(first)
    expect([status, relay]).to.deep.equal(['ready', 'standing by'])
    expect(journal).to.match(/^unavailable: the journal's database cannot be used: /)
    expect((await get(first, '/metrics')).split('\n')).to.include('zonal_journal_trouble{kind="away"} 1')
    await proxy.heal()
    await first.line(({ msg, kind }) => msg === 'the trouble with the journal is over' && kind === 'away')
    expect(await health(first)).to.include({ journal: 'ok' })
  })
})

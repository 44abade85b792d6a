import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect } from 'chai'
import { startCoreSimulator, type CoreSimulator } from '../simulators/core.ts'
import { splitPassword } from '../support/journal-url.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { startTestService, type TestService } from '../support/test-service.ts'
import { at, needed, only, postgres, render, useHelm } from './chart.ts'
import { placeSecrets } from './environment.ts'

describe('helm test', () => {
  useHelm()
  useRealSockets()
  let core: CoreSimulator
  let service: TestService
  before(async () => {
    core = await startCoreSimulator()
    service = await startTestService({ CORE_BASE_URL: core.url })
  })
  after(async () => {
    await service?.end()
    await core?.close()
  })

  it('reaches the Services by their names', () => {
    const env = at(only(render({ config: { BASE_PATH: '/pos' }, service: { port: 81 } }), 'Pod'), 'spec.containers.0.env') // prettier-ignore
    expect((env as { value: string }[]).slice(0, 2).map(({ value }) => value)).to.deep.equal([
      'http://loyalty-zonal-loyalty-adapter:81/pos',
      'http://loyalty-zonal-loyalty-adapter-management:9090/health/ready',
    ])
  })

  it('passes if the adapter works', async () => {
    const { code, lines } = await ask(service)
    expect(lines.map((line) => line.split(' {')[0])).to.deep.equal([
      'ok     the Service answers',
      'ok     it is ready',
      'ok     the journal can be written',
      'ok     Kafka is there, or not wanted',
      'ok     TRIFFT answers',
    ])
    expect(code).to.equal(0)
  })

  it('says that TRIFFT cannot be reached', async () => {
    const alone = await startTestService({ CORE_BASE_URL: 'http://127.0.0.1:1/v1' })
    const { code, lines } = await ask(alone)
    await alone.end()
    expect(lines.at(-1)).to.match(/^FAILED TRIFFT answers .*CORE_UNAVAILABLE/)
    expect(code).to.equal(1)
  })

  it('says that Kafka cannot be reached', async () => {
    const alone = await startTestService({ CORE_BASE_URL: core.url, KAFKA_BROKERS: '127.0.0.1:1' })
    const { code, lines } = await ask(alone)
    await alone.end()
    expect(lines.filter((line) => line.startsWith('FAILED')).join()).to.match(/^FAILED Kafka is there/)
    expect(code).to.equal(1)
  })

  it('says that nothing answers', async () => {
    const { code, lines } = await ask({
      url: 'http://127.0.0.1:1/zonal/v1',
      managementUrl: 'http://127.0.0.1:1',
    })
    expect(lines[0]).to.match(/^FAILED the Service answers .*ECONNREFUSED|bad port/)
    expect(code).to.equal(1)
  })
})

describe('helm test of several replicas on one database', () => {
  useHelm()
  useRealSockets()
  const makeDatabase = usePostgres()
  let core: CoreSimulator
  before(async () => (core = await startCoreSimulator()))
  after(() => core?.close())

  const ports = { HOST: '127.0.0.1', PORT: '0', MANAGEMENT_PORT: '0' }

  /** Two services with the environment from the chart, except for their addresses, the core, and TLS. */
  async function askReplicas(password?: string) {
    const { url, password: right } = splitPassword(await makeDatabase())
    const rendered = render({ journal: { tls: { enabled: false } } }, { files: [needed, postgres] })
    const { env, remove } = placeSecrets(rendered, {
      JOURNAL_URL: url,
      JOURNAL_PASSWORD: password ?? right,
    })
    const here = {
      ...ports,
      DRAIN_DELAY_MS: '0',
      CORE_BASE_URL: core.url,
      CORE_RATE_LIMIT: '0',
      POS_DEADLINE_MS: '10000',
    }
    const replicas = await Promise.all([1, 2].map(() => startTestService({ ...env, ...here })))
    try {
      return await Promise.all(replicas.map(ask))
    } finally {
      await Promise.all(replicas.map((replica) => replica.end()))
      remove()
    }
  }

  it('passes if each of them works', async () => {
    for (const { code, lines } of await askReplicas()) {
      expect(lines.filter((line) => !line.startsWith('ok'))).to.deep.equal([])
      expect(code).to.equal(0)
    }
  })

  it('says that the journal cannot be written if the password is wrong, though each is ready', async () => {
    for (const { code, lines } of await askReplicas('wrong')) {
      expect(lines.join('\n'))
        .to.contain('ok     it is ready')
        .and.contain('FAILED the journal can be written')
      expect(code).to.equal(1)
    }
  })
})

/** The command of the test's pod, in a process of its own. */
async function ask({ url, managementUrl }: Pick<TestService, 'url' | 'managementUrl'>) {
  const [, ...words] = at(only(render(), 'Pod'), 'spec.containers.0.command') as string[]
  const env = { TILLS_URL: url, READY_URL: `${managementUrl}/health/ready`, PATIENCE_MS: '500' }
  const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, lines: output.trim().split('\n') }
}

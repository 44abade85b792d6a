import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { startAdapterProcess } from '../support/adapter-process.ts'
import { startOtlpReceiver } from '../support/otlp/receiver.ts'
import { useRealSockets } from '../support/real-sockets.ts'

/** Writes down whatever a process loads, by `import` or `require`. */
const watch = (file: string) => `
  import { appendFileSync } from 'node:fs'
  import { registerHooks } from 'node:module'
  registerHooks({
    load(url, context, next) {
      appendFileSync(${JSON.stringify(file)}, url + '\\n')
      return next(url, context)
    },
  })`

describe('a service without a collector of traces', () => {
  useRealSockets()
  let folder: string
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'loaded-'))))
  afterEach(() => rmSync(folder, { recursive: true }))

  /** @returns the packages that it has loaded, from its start to its end */
  async function loadedBy(env: Record<string, string>): Promise<Set<string>> {
    const hooks = join(folder, 'watch.mjs')
    const loaded = join(folder, 'loaded')
    writeFileSync(hooks, watch(loaded))
    const adapter = await startAdapterProcess({
      ...{ CORE_BASE_URL: 'http://127.0.0.1:1/v1', JOURNAL_PATH: join(folder, 'journal.sqlite') },
      NODE_OPTIONS: `--import=${hooks}`,
      ...env,
    })
    const till = { method: 'POST', headers: { authorization: `Basic ${btoa('1902:key-of-nobody')}` } }
    await fetch(`${adapter.url}/balance`, { ...till, body: '{"cardNumber":"CROWN1001"}' })
    await fetch(`${adapter.managementUrl}/metrics`)
    expect(await adapter.stop()).to.deep.equal({ code: 0, signal: null })
    const packages = /node_modules\/((?:@[^/]+\/)?[^/]+)/
    return new Set(
      readFileSync(loaded, 'utf8')
        .split('\n')
        .flatMap((url) => packages.exec(url)?.[1] ?? []),
    )
  }
  const ofOpenTelemetry = (packages: Set<string>) =>
    [...packages].filter((name) => name.startsWith('@opentelemetry/'))

  it('loads nothing of OpenTelemetry but its API, which the client for metrics needs', async () => {
    const packages = await loadedBy({})
    // So that the test would see it.
    expect([...packages]).to.include.members(['koa', 'pino', '@prometheus-io/client', 'kafkajs'])
    expect(ofOpenTelemetry(packages)).to.deep.equal(['@opentelemetry/api'])
  })

  it('loads it once there is one', async () => {
    const collector = await startOtlpReceiver()
    try {
      const packages = ofOpenTelemetry(await loadedBy(collector.env))
      expect(packages).to.include.members(['@opentelemetry/api', '@opentelemetry/sdk-trace'])
    } finally {
      await collector.close()
    }
  })
})

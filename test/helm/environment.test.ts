import { expect } from 'chai'
import { variables } from '../../src/config/variables.ts'
import { readConfig, type Config } from '../../src/config/config.ts'
import {
  at,
  containerOf,
  everything,
  needed,
  podOf,
  postgres,
  postgresEverything,
  render,
  useHelm,
  variants,
  type Rendered,
} from './chart.ts'
import { configOf, environmentOf, placeSecrets, secretFilesOf, secretFolder } from './environment.ts'

/** Defaults that the chart knows better than the service alone. */
const ownDefaults: Record<string, string> = {
  TRUSTED_PROXIES: '1',
  JOURNAL_PATH: '/var/lib/zonal-loyalty-adapter/journal.sqlite',
  KAFKA_CLIENT_ID: 'zonal-loyalty-adapter',
  DRAIN_DELAY_MS: '1000',
  SHUTDOWN_TIMEOUT_MS: '21000',
}

/** Not set for a service that keeps its journal in a file. */
const ofDatabase = Object.keys(variables).filter((name) =>
  /^JOURNAL_(URL|LISTEN_URL|PASSWORD|POOL|TLS.*)$/.test(name),
)

/** Those of the console too, which the chart gives whether or not the service reads them yet. */
const allVariables = [...new Set([...Object.keys(variables), 'CONSOLE_PORT', 'CONSOLE_USERS'])]

describe('the environment that the chart gives the service', () => {
  useHelm()

  for (const { journal, files, secrets, left } of [
    { journal: 'SQLite', files: [needed, everything], secrets: [], left: ofDatabase },
    {
      journal: 'a database',
      files: [needed, everything, postgresEverything],
      secrets: ['JOURNAL_URL', 'JOURNAL_LISTEN_URL', 'JOURNAL_PASSWORD'],
      left: ['JOURNAL_PATH'],
    },
  ])
    it(`has every variable, in the ConfigMap or as a file of a Secret, with ${journal}`, () => {
      const rendered = render({}, { files })
      const secret = secretVariablesOf(rendered)
      // An installation has keys of its own, and one address of a collector is enough.
      const unused = [...left, 'DEVELOPMENT_KEYS', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']
      const known = allVariables.filter((name) => !unused.includes(name))
      expect([...Object.keys(configOf(rendered)), ...secret]).to.have.members(known)
      expect(secret).to.deep.equal([
        'JOURNAL_KEY',
        'CARD_HASH_KEY',
        ...secrets,
        'KAFKA_SASL_USERNAME',
        'KAFKA_SASL_PASSWORD',
        'CONSOLE_USERS',
        'OTEL_EXPORTER_OTLP_HEADERS',
      ])
    })

  it('has nothing about traces if there is no collector', () => {
    const rendered = render({ tracing: { headersSecret: { name: 'collector' }, caSecret: { name: 'ca' } } })
    expect(Object.keys(environmentOf(rendered)).filter((name) => name.startsWith('OTEL_'))).to.deep.equal([])
    expect(secretFilesOf(rendered).map(({ name }) => name)).to.deep.equal(['adapter-keys', 'adapter-keys'])
  })

  it('has what traces say of the service as OpenTelemetry writes it', () => {
    const resourceAttributes = { 'deployment.environment.name': 'production', team: 'pubs, bars = 100 %' }
    const rendered = render({
      tracing: { endpoint: 'http://collector:4318', resourceAttributes, sampleRatio: 1 },
    })
    const { tracing } = readConfigOf(rendered)
    expect(tracing).to.deep.include({
      url: 'http://collector:4318/v1/traces',
      ratio: 1,
      resource: resourceAttributes,
    })
  })

  it("has the service's own defaults", () => {
    for (const files of [[needed], [needed, postgres]])
      for (const [name, value] of Object.entries(configOf(render({}, { files }))))
        expect(value, name).to.equal(ownDefaults[name] ?? variables[name as keyof typeof variables].fallback)
  })

  it('keeps large numbers as they are', () => {
    const { JOURNAL_MAX_BYTES, VENUE_STALE_MS } = configOf(
      render({ config: { JOURNAL_MAX_BYTES: 1_099_511_627_776, VENUE_STALE_MS: 2_000_000_000 } }),
    )
    expect(JOURNAL_MAX_BYTES).to.equal('1099511627776')
    expect(VENUE_STALE_MS).to.equal('2000000000')
  })

  for (const { name, files } of variants)
    it(`starts the service: ${name}`, () => {
      const rendered = render({}, { files })
      const { brokers } = readConfigOf(rendered).tickets
      expect(environmentOf(rendered).NODE_ENV).to.equal(brokers.length > 0 ? 'production' : 'staging')
    })

  it('has secrets only as files that nobody else may read', () => {
    const rendered = render({}, { files: [needed, everything] })
    const projected = at(podOf(rendered), 'spec.volumes.0.projected')
    expect(at(projected, 'defaultMode')).to.equal(0o440)
    expect(at(projected, 'sources')).to.deep.equal([
      { secret: { name: 'adapter-keys', items: [{ key: 'JOURNAL_KEY', path: 'JOURNAL_KEY' }] } },
      { secret: { name: 'adapter-keys', items: [{ key: 'CARD_HASH_KEY', path: 'CARD_HASH_KEY' }] } },
      {
        secret: { name: 'kafka-user', items: [{ key: 'KAFKA_SASL_USERNAME', path: 'KAFKA_SASL_USERNAME' }] },
      },
      {
        secret: { name: 'kafka-user', items: [{ key: 'KAFKA_SASL_PASSWORD', path: 'KAFKA_SASL_PASSWORD' }] },
      },
      { secret: { name: 'console', items: [{ key: 'users', path: 'CONSOLE_USERS' }] } },
      {
        secret: {
          name: 'collector',
          items: [{ key: 'OTEL_EXPORTER_OTLP_HEADERS', path: 'OTEL_EXPORTER_OTLP_HEADERS' }],
        },
      },
      { secret: { name: 'collector-ca', items: [{ key: 'ca.crt', path: 'collector-ca.pem' }] } },
      { secret: { name: 'kafka-ca', items: [{ key: 'ca.crt', path: 'kafka-ca.pem' }] } },
    ])
    expect(rendered.text).not.to.contain('secretKeyRef')
  })

  it("has a database's secrets and CA as files too, each from the Secret that is named", () => {
    const ofJournal = (files: string[]) =>
      secretFilesOf(render({}, { files }))
        .slice(2)
        .map(({ name, key, path }) => [name, key, path])
    expect(ofJournal([needed, postgres])).to.deep.equal([
      ['database', 'JOURNAL_URL', 'JOURNAL_URL'],
      ['database', 'JOURNAL_PASSWORD', 'JOURNAL_PASSWORD'],
    ])
    expect(ofJournal([needed, postgresEverything])).to.deep.equal([
      ['database', 'JOURNAL_URL', 'JOURNAL_URL'],
      ['database', 'JOURNAL_LISTEN_URL', 'JOURNAL_LISTEN_URL'],
      ['database-user', 'password', 'JOURNAL_PASSWORD'],
      ['database-ca', 'ca.crt', 'journal-ca.pem'],
    ])
  })

  it("takes Kafka's password from the main Secret if no other is named", () => {
    const sasl = { mechanism: 'plain', username: 'adapter' }
    const rendered = render({ kafka: { brokers: ['kafka:9092'], sasl } })
    expect(secretFilesOf(rendered).map(({ name }) => name)).to.deep.equal(Array(3).fill('adapter-keys'))
    expect(readConfigOf(rendered).tickets.sasl).to.include({ username: 'adapter' })
  })

  it("lets only the journal's folder be written to", () => {
    const rendered = render({ config: { JOURNAL_PATH: '/data/j/journal.sqlite' } })
    expect(environmentOf(rendered).SQLITE_TMPDIR).to.equal('/data/j')
    expect(at(containerOf(rendered), 'volumeMounts')).to.deep.equal([
      { name: 'journal', mountPath: '/data/j' },
      { name: 'secrets', mountPath: secretFolder, readOnly: true },
    ])
  })
})

function secretVariablesOf(rendered: Rendered): string[] {
  return Object.keys(environmentOf(rendered)).flatMap((name) => {
    const [, variable] = /^(.+)_FILE$/.exec(name) ?? []
    return variable && allVariables.includes(variable) ? [variable] : []
  })
}

/** As the service reads it, with the files of Secrets. */
function readConfigOf(rendered: Rendered): Config {
  const { env, remove } = placeSecrets(rendered)
  try {
    return readConfig(env)
  } finally {
    remove()
  }
}

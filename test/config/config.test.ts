import { expect } from 'chai'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigInvalid, describeConfig, readConfig, summarize } from '../../src/config/config.ts'
import { variables } from '../../src/config/variables.ts'
import { processEnv } from '../support/process-env.ts'

const main = new URL('../../src/main.ts', import.meta.url).pathname
const key = Buffer.alloc(32, 7).toString('base64')

const local = { HOST: '127.0.0.1' }
const production = {
  NODE_ENV: 'production',
  KAFKA_BROKERS: 'kafka:9092',
  JOURNAL_KEY: key,
  CARD_HASH_KEY: key,
}

const problemsOf = (env: Record<string, string>) => {
  try {
    readConfig({ ...local, ...env })
    return []
  } catch (error) {
    if (!(error instanceof ConfigInvalid)) throw error
    return error.problems.map(({ name }) => name)
  }
}

describe('the configuration', () => {
  it('has a default for every variable outside production, on the loopback address', () => {
    expect(readConfig(local)).to.deep.include({ isProduction: false })
  })

  it('has a valid example of each variable', () => {
    for (const [name, { schema, example }] of Object.entries(variables)) {
      if (example.startsWith('$(')) continue
      expect(schema.safeParse(example).success, name).to.equal(true)
    }
  })

  const wrong: [name: string, env: Record<string, string>][] = [
    ['PORT', { PORT: '80a' }],
    ['PORT', { PORT: '65536' }],
    ['MANAGEMENT_PORT', { PORT: '8080', MANAGEMENT_PORT: '8080' }],
    ['CORE_RATE_LIMIT', { CORE_RATE_LIMIT: '1' }],
    ['BASE_PATH', { BASE_PATH: 'zonal' }],
    ['CORE_BASE_URL', { CORE_BASE_URL: 'ftp://core' }],
    ['CORE_BASE_URL', { CORE_BASE_URL: 'https://user:canary@core/v1' }],
    ['CORE_BASE_URL', { CORE_BASE_URL: 'https://user@core/v1' }],
    ['CORE_BASE_URL', { CORE_BASE_URL: 'https://core/v1?key=canary' }],
    ['POS_DEADLINE_MS', { POS_DEADLINE_MS: '-1' }],
    ['POS_DEADLINE_MS', { POS_DEADLINE_MS: '2.5' }],
    ['FAILURE_HTTP_STATUS', { FAILURE_HTTP_STATUS: '500' }],
    ['VENUE_TIME_ZONE', { VENUE_TIME_ZONE: 'Europe/Londinium' }],
    ['VENUE_TIME_ZONES', { VENUE_TIME_ZONES: 'Europe/London' }],
    ['VENUE_TIME_ZONES', { VENUE_TIME_ZONES: '1902=' }],
    ['LANGUAGE', { LANGUAGE: 'tlh' }],
    ['CORE_TRACEPARENT', { CORE_TRACEPARENT: 'yes' }],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', { OTEL_EXPORTER_OTLP_ENDPOINT: 'grpc://collector:4317' }],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://me:canary@c/' }],
    ['OTEL_EXPORTER_OTLP_HEADERS', { OTEL_EXPORTER_OTLP_HEADERS: 'canary' }],
    ['OTEL_EXPORTER_OTLP_HEADERS', { OTEL_EXPORTER_OTLP_HEADERS: 'a b=canary' }],
    ['OTEL_EXPORTER_OTLP_HEADERS', { OTEL_EXPORTER_OTLP_HEADERS: 'a=canary%0Ab: c' }],
    ['OTEL_EXPORTER_OTLP_HEADERS', { OTEL_EXPORTER_OTLP_HEADERS: 'a=%canary' }],
    ['OTEL_EXPORTER_OTLP_CERTIFICATE', { OTEL_EXPORTER_OTLP_CERTIFICATE: '/nowhere/ca.pem' }],
    ['OTEL_RESOURCE_ATTRIBUTES', { OTEL_RESOURCE_ATTRIBUTES: '=production' }],
    ['OTEL_TRACES_SAMPLER_ARG', { OTEL_TRACES_SAMPLER_ARG: '1.5' }],
    ['OTEL_TRACES_SAMPLER_ARG', { OTEL_TRACES_SAMPLER_ARG: 'all' }],
    ['TICKETS_WITHOUT_CARD', { TICKETS_WITHOUT_CARD: 'drop' }],
    ['KAFKA_BROKERS', { KAFKA_BROKERS: 'kafka-1' }],
    ['KAFKA_SSL', { KAFKA_SSL: 'yes' }],
    ['KAFKA_SSL', { KAFKA_SSL_CA_FILE: main }],
    ['KAFKA_SSL_CA_FILE', { KAFKA_SSL: 'true', KAFKA_SSL_CA_FILE: '/no/such/file' }],
    ['JOURNAL_URL', { JOURNAL_URL: 'mysql://adapter@db/adapter' }],
    ['JOURNAL_URL', { JOURNAL_URL: 'postgres://adapter@db' }],
    ['JOURNAL_URL', { JOURNAL_URL: 'postgres://db/adapter' }],
    ['JOURNAL_URL', { JOURNAL_URL: 'postgres://adapter:canary@db/adapter' }],
    ['JOURNAL_URL', { JOURNAL_URL: 'postgres://adapter@db/adapter?sslmode=require' }],
    ['JOURNAL_URL', { JOURNAL_PASSWORD: 'canary' }],
    ['JOURNAL_TLS', { JOURNAL_TLS: 'require' }],
    ['JOURNAL_TLS', { ...production, JOURNAL_URL: 'postgres://adapter@db/adapter', JOURNAL_TLS: 'off' }],
    [
      'JOURNAL_TLS_CA_FILE',
      { JOURNAL_URL: 'postgres://adapter@db/adapter', JOURNAL_TLS_CA_FILE: '/not/there' },
    ],
    ['JOURNAL_POOL', { JOURNAL_POOL: '1' }],
    ['KAFKA_SASL_MECHANISM', { KAFKA_SASL_MECHANISM: 'gssapi' }],
    ['KAFKA_SASL_MECHANISM', { KAFKA_SASL_USERNAME: 'adapter' }],
    ['KAFKA_SASL_PASSWORD', { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'adapter' }],
    ['JOURNAL_KEY', { JOURNAL_KEY: 'c2hvcnQ=' }],
    ['CARD_HASH_KEY', { CARD_HASH_KEY: 'short' }],
    ['CARD_HASH_KEY', { CARD_HASH_KEY: ' '.repeat(32) }],
    ['CARD_HASH_KEY', { ...production, CARD_HASH_KEY: '\t'.repeat(32) }],
    ['CARD_HASH_KEY', { ...production, CARD_HASH_KEY: 'zonal adapter development card hash key' }],
    ['JOURNAL_KEY', { ...production, JOURNAL_KEY: Buffer.alloc(32).toString('base64') }],
    ['JOURNAL_KEY', { ...production, JOURNAL_KEY: `${key},${Buffer.alloc(32).toString('base64')}` }],
    [
      'JOURNAL_KEY',
      { ...production, JOURNAL_KEY: Buffer.from('zonal adapter development key 01').toString('base64') },
    ],
    ['DEVELOPMENT_KEYS', { ...production, DEVELOPMENT_KEYS: '1' }],
    ['DEVELOPMENT_KEYS', { DEVELOPMENT_KEYS: 'yes' }],
    ['BALANCE_STALE_MS', { BALANCE_FRESH_MS: '10', BALANCE_STALE_MS: '9' }],
    ['VENUE_STALE_MS', { VENUE_FRESH_MS: '10', VENUE_STALE_MS: '9' }],
    ['LOG_LEVEL', { LOG_LEVEL: 'loud' }],
  ]
  for (const [name, env] of wrong)
    it(`refuses ${JSON.stringify(env)}, naming ${name}`, () => {
      expect(problemsOf(env)).to.deep.equal([name])
    })

  for (const zone of ['Europe/London', 'UTC', 'GB'])
    it(`takes the time zone ${zone}`, () => {
      expect(problemsOf({ VENUE_TIME_ZONE: zone })).to.deep.equal([])
    })

  it('takes a time zone for each venue, by its Aztec ID', () => {
    const { zonal } = readConfig({
      HOST: '127.0.0.1',
      VENUE_TIME_ZONES: ' 1902 = Europe/London, __proto__=Asia/Dubai,',
    })
    expect([...zonal.venueTimeZones]).to.deep.equal([
      ['1902', 'Europe/London'],
      ['__proto__', 'Asia/Dubai'],
    ])
    expect([...readConfig({ HOST: '127.0.0.1' }).zonal.venueTimeZones]).to.deep.equal([])
  })

  it('lists everything that is wrong with the time zones of venues', () => {
    const VENUE_TIME_ZONES = '1902=Europe/Londinium,2001=Asia/Dubai,the crown=UTC,2001=UTC,UTC,2002='
    expect(() => readConfig({ VENUE_TIME_ZONES })).to.throw(
      'VENUE_TIME_ZONES must be venue=zone, comma separated, each venue once: ' +
        'Europe/Londinium is not an IANA time zone (1902); ' +
        'the crown=UTC does not begin with a venue ID and =; ' +
        '2001 is given twice; ' +
        'UTC does not begin with a venue ID and =; ' +
        'nothing is not an IANA time zone (2002), ' +
        'for example VENUE_TIME_ZONES=1902=Europe/London,2001=Asia/Dubai',
    )
  })

  it('requires in production what is optional in development', () => {
    expect(problemsOf({ NODE_ENV: 'production' })).to.have.members([
      'KAFKA_BROKERS',
      'JOURNAL_KEY',
      'CARD_HASH_KEY',
    ])
    expect(readConfig(production).server.drainDelayMs).to.equal(5000)
  })

  // A forgotten NODE_ENV sealed card numbers under a key that anybody can read in the repository.
  for (const HOST of ['0.0.0.0', '::', '10.1.2.3', 'adapter.example.com', '127.example.com'])
    it(`uses the development keys at ${HOST} only if DEVELOPMENT_KEYS is set`, () => {
      expect(problemsOf({ HOST })).to.deep.equal(['JOURNAL_KEY', 'CARD_HASH_KEY'])
      expect(problemsOf({ HOST, NODE_ENV: 'staging', JOURNAL_KEY: key })).to.deep.equal(['CARD_HASH_KEY'])
      expect(problemsOf({ HOST, DEVELOPMENT_KEYS: '1' })).to.deep.equal([])
      expect(problemsOf({ HOST, JOURNAL_KEY: key, CARD_HASH_KEY: key })).to.deep.equal([])
    })

  for (const HOST of ['127.0.0.1', '127.0.0.2', '::1', 'localhost'])
    it(`uses the development keys at ${HOST} by default`, () => {
      expect(problemsOf({ HOST })).to.deep.equal([])
      expect(readConfig({ HOST }).isDevelopmentKey).to.deep.equal({ journal: true, cardHash: true })
    })

  it('reads each variable from a file too, and names a variable whose file cannot be read', () => {
    const folder = mkdtempSync(join(tmpdir(), 'config-test-'))
    const file = join(folder, 'key')
    writeFileSync(file, `${key}\n`)
    expect(readConfig({ ...local, JOURNAL_KEY_FILE: file }).journal.keys).to.deep.equal([key])
    expect(problemsOf({ JOURNAL_KEY_FILE: `${file}-of-nobody` })).to.deep.equal(['JOURNAL_KEY'])
    expect(problemsOf({ JOURNAL_KEY_FILE: file, JOURNAL_KEY: key })).to.deep.equal(['JOURNAL_KEY'])
    rmSync(folder, { recursive: true })
  })

  it('cannot be changed', () => {
    const config = readConfig(local)
    expect(() => Object.assign(config.core, { baseUrl: 'elsewhere' })).to.throw(TypeError, 'read only')
  })

  it('says where traces go, by the names of OpenTelemetry', () => {
    const tracingOf = (env: Record<string, string>) => readConfig({ ...local, ...env }).tracing
    expect(tracingOf({})).to.deep.include({
      url: undefined,
      ratio: 0.1,
      serviceName: 'zonal-loyalty-adapter',
    })
    const base = { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector/otlp/' }
    expect(tracingOf(base).url).to.equal('https://collector/otlp/v1/traces')
    const whole = { ...base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://other:4318/spans' }
    expect(tracingOf(whole).url).to.equal('http://other:4318/spans')
    const pairs = { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%2Cb , x = 1=2', OTEL_RESOURCE_ATTRIBUTES: 'a=b' }
    expect(tracingOf(pairs)).to.deep.include({
      headers: { 'api-key': 'a,b', x: '1=2' },
      resource: { a: 'b' },
    })
    expect(tracingOf({ OTEL_TRACES_SAMPLER: 'always_on', OTEL_LOGS_EXPORTER: 'what?' })).to.deep.equal(
      tracingOf({}),
    )
  })

  it('is summarised without secrets', () => {
    const secrets = {
      JOURNAL_KEY: key,
      CARD_HASH_KEY: 'card-hash-canary-0001',
      KAFKA_SASL_PASSWORD: 'sasl-canary',
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=otel-canary',
    }
    const env = {
      ...local,
      ...secrets,
      KAFKA_BROKERS: 'kafka:9092',
      KAFKA_SASL_MECHANISM: 'plain',
      KAFKA_SASL_USERNAME: 'adapter',
    }
    const summary = JSON.stringify(summarize(readConfig(env)))
    expect(summary).to.include('kafka:9092')
    for (const secret of Object.values(secrets)) expect(summary).to.not.include(secret)
    expect(summary).to.include('api-key').and.not.include('otel-canary')
  })

  it('is described variable by variable', () => {
    expect(describeConfig().map(({ name }) => name)).to.deep.equal(Object.keys(variables))
  })

  it('ends the start with 78 and lists every problem if it is invalid', () => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [main], {
      env: { ...processEnv(), PORT: 'x', NODE_ENV: 'production', LOG_LEVEL: 'loud' },
      encoding: 'utf8',
    })
    expect(status).to.equal(78)
    expect(stdout).to.equal('')
    for (const name of ['PORT', 'KAFKA_BROKERS', 'JOURNAL_KEY', 'CARD_HASH_KEY', 'LOG_LEVEL'])
      expect(stderr).to.match(new RegExp(`^  ${name} .+, for example ${name}=`, 'm'))
  })

  it('ends the start with 78 if no key opens the journal, and says how many rows need one', () => {
    const folder = mkdtempSync(join(tmpdir(), 'config-test-'))
    const journalPath = join(folder, 'journal.sqlite')
    const leaveDeadLetter = `
      import { unreadMessage } from ${JSON.stringify(new URL('../support/test-journal.ts', import.meta.url))}
      import { makeJournal } from ${JSON.stringify(new URL('../support/read-journal.ts', import.meta.url))}
      await makeJournal({ journalPath: ${JSON.stringify(journalPath)} }, (journal) =>
        journal.keepDeadLetter(unreadMessage('text')))`
    execFileSync(process.execPath, ['--input-type=module', '--eval', leaveDeadLetter])
    const { status, stderr } = spawnSync(process.execPath, [main], {
      env: {
        ...processEnv(),
        PORT: '0',
        MANAGEMENT_PORT: '0',
        HOST: '127.0.0.1',
        JOURNAL_PATH: journalPath,
        JOURNAL_KEY: key,
      },
      encoding: 'utf8',
    })
    expect(status).to.equal(78)
    expect(stderr).to.match(/1 in dead_letters/)
    rmSync(folder, { recursive: true })
  })
})

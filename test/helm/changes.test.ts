import { expect } from 'chai'
import { useAtLengthOnly } from '../support/at-length.ts'
import { readChartValues } from '../docs/chart-values.ts'
import { changedBetween, changes, changesWithDatabase, nest } from './changes.ts'
import {
  at,
  everything,
  needed,
  only,
  postgres,
  postgresEverything,
  render,
  useHelm,
  type Rendered,
} from './chart.ts'

const files = [needed, everything]
const config = 'ConfigMap'

/** They change the names of everything, or need another value too. */
const changedElsewhere = [
  'nameOverride',
  'fullnameOverride',
  'replicas',
  'kafka.tls.enabled',
  'journal.kind',
  'journal.tls.enabled',
  'console.enabled',
]

describe('what changes with a value of the chart', () => {
  useAtLengthOnly()
  useHelm()

  for (const [list, base] of [
    [changes, files],
    [changesWithDatabase, [...files, postgresEverything]],
  ] as const) {
    let usual: Rendered
    before(() => {
      usual = render({}, { files: [...base] })
    })
    for (const [path, value, changed] of list)
      it(`${path}: ${changed.join(', ')}`, () => {
        const other = render(nest(path, value), { files: [...base] })
        expect(changedBetween(usual, other)).to.deep.equal([...changed].sort())
      })
  }

  it('nameOverride and fullnameOverride: the names', () => {
    const namesOf = ({ manifests }: Rendered) => manifests.map(({ metadata }) => metadata.name)
    for (const name of namesOf(render({ nameOverride: 'adapter' }, { files })))
      expect(name).to.match(/^loyalty-adapter/)
    for (const name of namesOf(render({ fullnameOverride: 'tills' }, { files })))
      expect(name).to.match(/^tills/)
  })

  it('kafka.tls.enabled: whether brokers are reached over TLS', () => {
    const tlsOf = (tls: object) => at(only(render({ kafka: { tls } }), config), 'data.KAFKA_SSL')
    expect([tlsOf({}), tlsOf({ enabled: true })]).to.deep.equal(['false', 'true'])
  })

  it('journal.kind: the workload, and what depends on where the journal is', () => {
    const withDatabase = render({}, { files: [...files, postgres] })
    const changed = ['ConfigMap', 'Deployment', 'NetworkPolicy', 'PodDisruptionBudget', 'StatefulSet']
    expect(changedBetween(render({}, { files }), withDatabase)).to.deep.equal(changed)
  })

  it('replicas: the number of pods', () => {
    const replicasOf = (replicas: unknown) =>
      at(only(render({ replicas }, { files: [needed, postgres] }), 'Deployment'), 'spec.replicas')
    expect([replicasOf(''), replicasOf(2)]).to.deep.equal([3, 2])
  })

  it('journal.tls.enabled: whether the database is reached over TLS', () => {
    const tlsOf = (tls: object) =>
      at(only(render({ journal: { tls } }, { files: [needed, postgres] }), config), 'data.JOURNAL_TLS')
    expect([tlsOf({}), tlsOf({ enabled: false })]).to.deep.equal(['verify', 'off'])
  })

  it('console.enabled: its port, its Service and its Ingress', () => {
    const without = render({ console: { enabled: false, ingress: { enabled: false } } }, { files })
    expect(changedBetween(render({}, { files }), without)).to.deep.equal([
      'ConfigMap',
      'Ingress',
      'NetworkPolicy',
      'Service',
      'StatefulSet',
    ])
  })

  it('a variable of config: that variable', () => {
    const given = {
      HOST: '::',
      PORT: 8081,
      MANAGEMENT_PORT: 9091,
      BASE_PATH: '/pos',
      TRUSTED_PROXIES: 2,
      POS_DEADLINE_MS: 2400,
      FAILURE_HTTP_STATUS: 200,
      INVALID_TICKET_HTTP_STATUS: 200,
      CARD_PREFIXES: 'LOY,QR-',
      VENUE_TIME_ZONE: 'Europe/Dublin',
      VENUE_TIME_ZONES: '1902=Europe/London,2001=Asia/Dubai',
      LANGUAGE: 'en',
      TICKETS_WITHOUT_CARD: 'count',
      CORE_BASE_URL: 'https://core.example.com:8443/v2',
      CORE_VENUE_PARAMETER: 'a',
      CORE_ENTITY_CODE_PARAMETER: 'b',
      CORE_DISCOUNT_ID_PARAMETER: 'c',
      CORE_RATE_LIMIT: 498,
      CORE_RATE_WINDOW_MS: 20_000,
      CORE_BLOCK_MS: 30_000,
      CORE_RATE_SCOPE: 'key',
      CORE_BALANCE_DEADLINE_MS: 1400,
      CORE_REDEMPTION_DEADLINE_MS: 1900,
      BALANCE_FRESH_MS: 1,
      BALANCE_STALE_MS: 2,
      VENUE_FRESH_MS: 3,
      VENUE_STALE_MS: 4,
      VENUE_REFUSED_MS: 5,
      GUESSES_PER_ADDRESS: 6,
      GUESSES_IN_ALL: 7,
      CORE_TRACEPARENT: true,
      JOURNAL_PATH: '/data/a.sqlite',
      JOURNAL_MAX_BYTES: 2_000_000,
      DIARY_DAYS: 7,
      DIARY_MAX_BYTES: 16_777_216,
      LOG_LEVEL: 'debug',
    }
    const rendered = at(only(render({ config: given }), config), 'data')
    const asText = Object.entries(given).map(([name, value]) => [name, String(value)])
    expect(rendered).to.include(Object.fromEntries(asText))
    expect(Object.keys(given).map((name) => `config.${name}`)).to.have.members(pathsOf('config'))
  })

  it('is tested for each value', () => {
    const inLists = [...changes, ...changesWithDatabase].map(([path]) => path)
    const tested = [...inLists, ...changedElsewhere, ...pathsOf('config')]
    expect(tested).to.have.members(pathsOf())
  })
})

function pathsOf(section?: string): string[] {
  return readChartValues()
    .filter(({ name }) => section === undefined || name === section)
    .flatMap(({ values }) => values.map(({ path }) => path))
}

import { isDeepStrictEqual } from 'node:util'
import { expect } from 'chai'
import { readChartValues } from '../docs/chart-values.ts'
import { at, everything, needed, only, render, useHelm, type Rendered } from './chart.ts'

const files = [needed, everything]
/** Where the pod changes with it, tills hear nothing for some seconds. */
const pod = 'StatefulSet'
const config = 'ConfigMap'
const peers = [{ ipBlock: { cidr: '10.0.0.0/8' } }]
const anything = { key: 'value' }

/** Each value of values.yaml but the variables of `config`: another one for it, and which manifests change. */
const changes: [path: string, value: unknown, changed: string[]][] = [
  ['podLabels', anything, [pod]],
  ['podAnnotations', anything, [pod]],
  ['nodeSelector', anything, [pod, 'Pod']],
  ['tolerations', [{ key: 'spot', operator: 'Exists' }], [pod, 'Pod']],
  ['affinity', { podAntiAffinity: {} }, [pod, 'Pod']],
  ['priorityClassName', 'high', [pod, 'Pod']],
  ['extraEnv', [{ name: 'A', value: 'b' }], [pod]],
  ['extraVolumes', [{ name: 'a', emptyDir: {} }], [pod]],
  ['extraVolumeMounts', [{ name: 'a', mountPath: '/a' }], [pod]],
  ['image.registry', 'registry.example.com', [pod, 'Pod']],
  ['image.repository', 'loyalty/adapter', [pod, 'Pod']],
  ['image.tag', '1.10.0', [pod, 'Pod']],
  ['image.digest', `sha256:${'0f'.repeat(32)}`, [pod, 'Pod']],
  ['image.pullPolicy', 'Always', [pod, 'Pod']],
  ['image.pullSecrets', [{ name: 'registry' }], [pod, 'Pod']],
  ['secret.name', 'other', [pod]],
  ['secret.journalKey', 'other', [pod]],
  ['secret.cardHashKey', 'other', [pod]],
  ['secret.revision', '2', [pod]],
  ['kafka.brokers', ['kafka.example.com:9092'], [pod, config, 'NetworkPolicy']],
  ['kafka.topic', 'other', [pod, config]],
  ['kafka.clientId', 'other', [pod, config]],
  ['kafka.tls.caSecret.name', 'other', [pod]],
  ['kafka.tls.caSecret.key', 'other', [pod]],
  ['kafka.sasl.mechanism', 'plain', [pod, config]],
  ['kafka.sasl.username', 'adapter', [pod, config]],
  ['kafka.sasl.secret.name', 'other', [pod]],
  ['kafka.sasl.secret.usernameKey', 'other', [pod]],
  ['kafka.sasl.secret.passwordKey', 'other', [pod]],
  ['persistence.storageClassName', 'fast', [pod]],
  ['persistence.size', '8Gi', [pod]],
  ['persistence.accessMode', 'ReadWriteOnce', [pod]],
  ['service.type', 'NodePort', ['Service']],
  ['service.port', 8080, ['Service', 'Pod']],
  ['service.annotations', anything, ['Service']],
  ['ingress.enabled', false, ['Ingress']],
  ['ingress.className', 'nginx', ['Ingress']],
  ['ingress.host', 'other.example.com', ['Ingress']],
  ['ingress.annotations', anything, ['Ingress']],
  ['ingress.tls.enabled', false, ['Ingress']],
  ['ingress.tls.secretName', 'other', ['Ingress']],
  ['networkPolicy.enabled', false, ['NetworkPolicy']],
  ['networkPolicy.ingressNamespace', 'traefik', ['NetworkPolicy']],
  ['networkPolicy.fromIngress', peers, ['NetworkPolicy']],
  ['networkPolicy.prometheusNamespace', 'watching', ['NetworkPolicy']],
  ['networkPolicy.fromPrometheus', peers, ['NetworkPolicy']],
  ['networkPolicy.toDns', peers, ['NetworkPolicy']],
  ['networkPolicy.dnsPorts', [5353], ['NetworkPolicy']],
  ['networkPolicy.toCore', peers, ['NetworkPolicy']],
  ['networkPolicy.toKafka', peers, ['NetworkPolicy']],
  ['networkPolicy.kafkaPorts', [9095], ['NetworkPolicy']],
  ['stop.drainSeconds', 10, [pod]],
  ['stop.finishSeconds', 30, [pod, config]],
  ['resources.requests.cpu', '1', [pod]],
  ['resources.requests.memory', '256Mi', [pod]],
  ['resources.limits.memory', '512Mi', [pod]],
  ...['startup', 'readiness', 'liveness'].flatMap((probe) =>
    ['periodSeconds', 'timeoutSeconds', 'failureThreshold'].map((setting): [string, number, string[]] => [
      `probes.${probe}.${setting}`,
      7,
      [pod],
    ]),
  ),
  ['serviceAccount.create', false, ['ServiceAccount', pod, 'Pod']],
  ['serviceAccount.name', 'other', ['ServiceAccount', pod, 'Pod']],
  ['serviceAccount.annotations', anything, ['ServiceAccount']],
  ['podSecurityContext.runAsNonRoot', null, [pod, 'Pod']],
  ['podSecurityContext.runAsUser', null, [pod, 'Pod']],
  ['podSecurityContext.runAsGroup', null, [pod, 'Pod']],
  ['podSecurityContext.fsGroup', null, [pod]],
  ['podSecurityContext.fsGroupChangePolicy', 'Always', [pod]],
  ['podSecurityContext.seccompProfile.type', 'Localhost', [pod, 'Pod']],
  ['securityContext.allowPrivilegeEscalation', null, [pod, 'Pod']],
  ['securityContext.readOnlyRootFilesystem', false, [pod, 'Pod']],
  ['securityContext.capabilities.drop', ['NET_RAW'], [pod, 'Pod']],
  ['metrics.scrape', 'annotations', ['ServiceMonitor', pod]],
  ['metrics.labels', anything, ['ServiceMonitor']],
  ['metrics.interval', '15s', ['ServiceMonitor']],
  ['alerts.enabled', false, ['PrometheusRule']],
  ['alerts.runbookBaseUrl', 'https://other.example.com', ['PrometheusRule']],
  ['alerts.labels', anything, ['PrometheusRule']],
  ['dashboard.enabled', false, ['dashboard']],
  ['dashboard.annotations', anything, ['dashboard']],
  ['dashboard.labels', anything, ['dashboard']],
  ['capture.enabled', false, [pod, config]],
  ['capture.names', 'keep', [pod, config]],
  ['capture.size', '64Mi', [pod]],
]

/** They change what everything is called, or need another value too. */
const changedElsewhere = ['nameOverride', 'fullnameOverride', 'kafka.tls.enabled']

describe('what changes with a value of the chart', () => {
  useHelm()
  let usual: Rendered
  before(() => {
    usual = render({}, { files })
  })

  for (const [path, value, changed] of changes)
    it(`${path}: ${[...new Set(changed)].join(', ')}`, () => {
      expect(changedBetween(usual, render(nest(path, value), { files }))).to.deep.equal([...changed].sort())
    })

  it('nameOverride and fullnameOverride: the names', () => {
    const namesOf = ({ manifests }: Rendered) => manifests.map(({ metadata }) => metadata.name)
    for (const name of namesOf(render({ nameOverride: 'adapter' }, { files })))
      expect(name).to.match(/^loyalty-adapter/)
    for (const name of namesOf(render({ fullnameOverride: 'tills' }, { files })))
      expect(name).to.match(/^tills/)
  })

  it('kafka.tls.enabled: how brokers are spoken to', () => {
    const tlsOf = (tls: object) => at(only(render({ kafka: { tls } }), config), 'data.KAFKA_SSL')
    expect([tlsOf({}), tlsOf({ enabled: true })]).to.deep.equal(['false', 'true'])
  })

  it('a variable of config: itself', () => {
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
      JOURNAL_PATH: '/data/a.sqlite',
      JOURNAL_MAX_BYTES: 2_000_000,
      LOG_LEVEL: 'debug',
    }
    const rendered = at(only(render({ config: given }), config), 'data')
    const asText = Object.entries(given).map(([name, value]) => [name, String(value)])
    expect(rendered).to.include(Object.fromEntries(asText))
    expect(Object.keys(given).map((name) => `config.${name}`)).to.have.members(pathsOf('config'))
  })

  it('is tested for each', () => {
    const tested = [...changes.map(([path]) => path), ...changedElsewhere, ...pathsOf('config')]
    expect(tested).to.have.members(pathsOf())
  })
})

function pathsOf(section?: string): string[] {
  return readChartValues()
    .filter(({ name }) => section === undefined || name === section)
    .flatMap(({ values }) => values.map(({ path }) => path))
}

function nest(path: string, value: unknown): object {
  return path.split('.').reduceRight((inner, key) => ({ [key]: inner }), value) as object
}

/** @returns the kinds that differ; of the two ConfigMaps the dashboard's by its own name */
function changedBetween(one: Rendered, other: Rendered): string[] {
  const [before, after] = [byName(one), byName(other)]
  const names = [...new Set([...before.keys(), ...after.keys()])]
  const changed = names.filter((name) => !isDeepStrictEqual(before.get(name), after.get(name)))
  const kinds = changed.map((name) =>
    name.endsWith('-dashboard') ? 'dashboard' : (name.split(' ')[0] ?? ''),
  )
  return [...new Set(kinds)].sort()
}

function byName({ manifests }: Rendered): Map<string, unknown> {
  return new Map(manifests.map((each) => [`${each.kind} ${each.metadata.name}`, each]))
}

import { isDeepStrictEqual } from 'node:util'
import type { Rendered } from './chart.ts'

type Change = [path: string, value: unknown, changed: string[]]

/** If the pod changes, tills get no answer for some seconds. */
const pod = 'StatefulSet'
const config = 'ConfigMap'
const peers = [{ ipBlock: { cidr: '10.0.0.0/8' } }]
const anything = { key: 'value' }

/** Each value of values.yaml but the variables of `config`: another one for it, and which manifests change. */
export const changes: Change[] = [
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
  ['networkPolicy.fromOperators', peers, ['NetworkPolicy']],
  ['networkPolicy.toDns', peers, ['NetworkPolicy']],
  ['networkPolicy.dnsPorts', [5353], ['NetworkPolicy']],
  ['networkPolicy.toCore', peers, ['NetworkPolicy']],
  ['networkPolicy.toCollector', peers, ['NetworkPolicy']],
  ['networkPolicy.toKafka', peers, ['NetworkPolicy']],
  ['networkPolicy.kafkaPorts', [9095], ['NetworkPolicy']],
  ['stop.drainSeconds', 10, [pod]],
  ['stop.finishSeconds', 30, [pod, config]],
  ['resources.requests.cpu', '1', [pod]],
  ['resources.requests.memory', '256Mi', [pod]],
  ['resources.limits.memory', '512Mi', [pod]],
  ...['startup', 'readiness', 'liveness'].flatMap((probe) =>
    ['periodSeconds', 'timeoutSeconds', 'failureThreshold'].map((setting): Change => [
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
  ['tracing.endpoint', 'http://other:4318', [pod, config]],
  ['tracing.sampleRatio', 1, [pod, config]],
  ['tracing.serviceName', 'loyalty', [pod, config]],
  ['tracing.resourceAttributes', anything, [pod, config]],
  ['tracing.headersSecret.name', 'other', [pod]],
  ['tracing.headersSecret.key', 'other', [pod]],
  ['tracing.caSecret.name', 'other', [pod]],
  ['tracing.caSecret.key', 'other', [pod]],
  ['console.port', 8089, [pod, config, 'Service', 'NetworkPolicy']],
  ['console.usersSecret.name', 'other', [pod]],
  ['console.usersSecret.key', 'other', [pod]],
  ['console.ingress.enabled', false, ['Ingress']],
  ['console.ingress.className', 'nginx', ['Ingress']],
  ['console.ingress.host', 'other.example.com', ['Ingress']],
  ['console.ingress.annotations', anything, ['Ingress']],
  ['console.ingress.tls.enabled', false, ['Ingress']],
  ['console.ingress.tls.secretName', 'other', ['Ingress']],
  ['capture.enabled', false, [pod, config]],
  ['capture.names', 'keep', [pod, config]],
  ['capture.size', '64Mi', [pod]],
]

const pods = 'Deployment'

/** The values that are about a database and several replicas. */
export const changesWithDatabase: Change[] = [
  ['journal.urlSecret.name', 'other', [pods]],
  ['journal.urlSecret.key', 'other', [pods]],
  ['journal.urlSecret.listenKey', '', [pods]],
  ['journal.passwordSecret.name', '', [pods]],
  ['journal.passwordSecret.key', 'other', [pods]],
  ['journal.pool', 4, [pods, config]],
  ['journal.tls.caSecret.name', 'other', [pods]],
  ['journal.tls.caSecret.key', 'other', [pods]],
  ['autoscaling.enabled', false, [pods, 'HorizontalPodAutoscaler']],
  ['autoscaling.minReplicas', 2, ['HorizontalPodAutoscaler']],
  ['autoscaling.maxReplicas', 9, ['HorizontalPodAutoscaler']],
  ['autoscaling.averageCpu', '1', ['HorizontalPodAutoscaler']],
  ['topologySpread.whenUnsatisfiable', 'DoNotSchedule', [pods]],
  ['networkPolicy.toDatabase', peers, ['NetworkPolicy']],
  ['networkPolicy.databasePorts', [6432], ['NetworkPolicy']],
]

/** @returns values with one at a path such as `kafka.topic` */
export function nest(path: string, value: unknown): object {
  return path.split('.').reduceRight((inner, key) => ({ [key]: inner }), value) as object
}

/** @returns the kinds that differ; of the two ConfigMaps the dashboard's by its own name */
export function changedBetween(one: Rendered, other: Rendered): string[] {
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

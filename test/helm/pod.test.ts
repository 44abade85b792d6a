import { expect } from 'chai'
import {
  at,
  containerOf,
  everything,
  examples,
  needed,
  only,
  podOf,
  render,
  useHelm,
  type Rendered,
} from './chart.ts'

const release = 'loyalty-zonal-loyalty-adapter'

describe("the chart's pod", () => {
  useHelm()

  it('is one, of a StatefulSet, and no broken one stays in the way of its successor', () => {
    expect(at(only(render(), 'StatefulSet'), 'spec')).to.include({
      replicas: 1,
      podManagementPolicy: 'Parallel',
      serviceName: `${release}-management`,
    })
  })

  it('has a small volume of block storage that no other pod can mount', () => {
    const { spec } = claimOf(render())
    expect(spec).to.deep.equal({
      accessModes: ['ReadWriteOncePod'],
      resources: { requests: { storage: '4Gi' } },
    })
  })

  it('has the storage class that is asked for', () => {
    const persistence = { storageClassName: 'fast', size: '8Gi', accessMode: 'ReadWriteOnce' }
    expect(claimOf(render({ persistence })).spec).to.deep.equal({
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'fast',
      resources: { requests: { storage: '8Gi' } },
    })
  })

  it('has a volume large enough for three journals, in the examples too', () => {
    for (const files of [[needed], ...examples.map(({ file }) => [file])]) {
      const rendered = render({}, { files })
      const journalBytes = Number(
        at(only(rendered, 'ConfigMap', configOf(rendered)), 'data.JOURNAL_MAX_BYTES'),
      )
      const [, gibibytes] =
        /^(\d+)Gi$/.exec(String(at(claimOf(rendered).spec, 'resources.requests.storage'))) ?? []
      expect(Number(gibibytes) * 1024 ** 3).to.be.least(3 * journalBytes)
    }
  })

  it('has no label in what cannot change that would change with a version', () => {
    const statefulSet = only(render({ podLabels: { team: 'loyalty' } }), 'StatefulSet')
    const names = ['name', 'instance'].map((name) => `app.kubernetes.io/${name}`)
    expect(claimOf(render()).metadata.labels).to.have.all.keys(names)
    expect(at(statefulSet, 'spec.selector.matchLabels')).to.have.all.keys([
      ...names,
      'app.kubernetes.io/component',
    ])
    expect(at(statefulSet, 'spec.template.metadata.labels')).to.include({ team: 'loyalty' })
  })

  it('is named by a digest, if there is one, else by a tag, else by the version of the service', () => {
    const digest = `sha256:${'0f'.repeat(32)}`
    const imageOf = (image: object) => at(containerOf(render({ image })), 'image')
    expect(imageOf({})).to.equal('zonal-loyalty-adapter:0.1.0')
    expect(imageOf({ tag: '1.10' })).to.equal('zonal-loyalty-adapter:1.10')
    expect(imageOf({ registry: 'r.example.com/a', digest, tag: '1' })).to.equal(
      `r.example.com/a/zonal-loyalty-adapter@${digest}`,
    )
  })

  it('is asked for its health on the management port, and has five minutes to start', () => {
    const container = containerOf(render())
    const ready = { path: '/health/ready', port: 'management' }
    expect(at(container, 'startupProbe.httpGet')).to.deep.equal(ready)
    expect(at(container, 'readinessProbe.httpGet')).to.deep.equal(ready)
    expect(at(container, 'livenessProbe.httpGet')).to.deep.equal({ path: '/health/live', port: 'management' })
    const { periodSeconds, failureThreshold } = at(container, 'startupProbe') as Record<string, number>
    expect(Number(periodSeconds) * Number(failureThreshold)).to.equal(300)
  })

  it('has a limit of memory and none of CPU', () => {
    expect(at(containerOf(render()), 'resources')).to.deep.equal({
      requests: { cpu: '50m', memory: '192Mi' },
      limits: { memory: '384Mi' },
    })
  })

  it('tells what is wrong with its configuration where `kubectl describe` shows it', () => {
    expect(containerOf(render())).to.include({ terminationMessagePolicy: 'FallbackToLogsOnError' })
  })
})

describe("a rollout of the chart's pod", () => {
  useHelm()

  it('comes with another configuration', () => {
    const usual = checksumOf(render())
    expect(checksumOf(render({ config: { LOG_LEVEL: 'debug' } }))).not.to.equal(usual)
    expect(checksumOf(render({ kafka: { brokers: ['kafka:9092'] } }))).not.to.equal(usual)
  })

  it('comes with another revision of the secrets', () => {
    const annotationOf = (revision: string) => at(podOf(render({ secret: { name: 's', revision } })), 'metadata.annotations.secret-revision') // prettier-ignore
    expect(annotationOf('2')).to.equal('2')
    expect(annotationOf('')).to.equal(undefined)
  })

  it('does not come with what is only around it', () => {
    const around = {
      ingress: { host: 'other.example.com' },
      networkPolicy: { enabled: false },
      alerts: { enabled: true, runbookBaseUrl: 'https://wiki.example.com' },
      dashboard: { enabled: true },
    }
    expect(podOf(render(around))).to.deep.equal(podOf(render()))
  })
})

describe("a stop of the chart's pod", () => {
  useHelm()

  const variants = [
    { kubernetes: '1.28', drain: 5, sleep: undefined, delayMs: 5000, timeoutMs: 25_000 },
    { kubernetes: '1.29', drain: 5, sleep: undefined, delayMs: 5000, timeoutMs: 25_000 },
    { kubernetes: 'v1.30.0-gke.1', drain: 5, sleep: 4, delayMs: 1000, timeoutMs: 21_000 },
    { kubernetes: '1.34', drain: 5, sleep: 4, delayMs: 1000, timeoutMs: 21_000 },
    { kubernetes: '1.34', drain: 1, sleep: undefined, delayMs: 1000, timeoutMs: 21_000 },
    { kubernetes: '1.34', drain: 0, sleep: undefined, delayMs: 0, timeoutMs: 20_000 },
    { kubernetes: '1.34', drain: 30, sleep: 29, delayMs: 1000, timeoutMs: 21_000 },
  ]
  for (const { kubernetes, drain, sleep, delayMs, timeoutMs } of variants)
    it(`serves on for ${drain} s on ${kubernetes}, and ends within its grace`, () => {
      const rendered = render({ stop: { drainSeconds: drain } }, { kubernetes })
      const { DRAIN_DELAY_MS, SHUTDOWN_TIMEOUT_MS } = at(only(rendered, 'ConfigMap'), 'data') as Record<string, string> // prettier-ignore
      const graceSeconds = Number(at(podOf(rendered), 'spec.terminationGracePeriodSeconds'))
      expect(at(containerOf(rendered), 'lifecycle.preStop.sleep.seconds')).to.equal(sleep)
      expect(DRAIN_DELAY_MS).to.equal(String(delayMs))
      expect(SHUTDOWN_TIMEOUT_MS).to.equal(String(timeoutMs))
      expect((sleep ?? 0) * 1000 + delayMs).to.equal(drain * 1000)
      expect(graceSeconds * 1000).to.be.above((sleep ?? 0) * 1000 + timeoutMs)
    })
})

describe('the restricted pod security standard', () => {
  useHelm()

  const rendered = () => render({}, { files: [needed, everything] })
  const pods = { 'the pod': () => podOf(rendered()), 'the pod of helm test': () => only(rendered(), 'Pod') }

  for (const [name, pod] of Object.entries(pods))
    it(`is kept by ${name}`, () => {
      expect(at(pod(), 'spec.securityContext')).to.deep.include({
        runAsNonRoot: true,
        runAsUser: 10001,
        runAsGroup: 10001,
        seccompProfile: { type: 'RuntimeDefault' },
      })
      const spec = at(pod(), 'spec') as Record<string, unknown>
      expect(spec).to.not.have.any.keys('hostNetwork', 'hostPID', 'hostIPC', 'initContainers')
      for (const container of spec.containers as Record<string, unknown>[]) {
        expect(container.securityContext).to.deep.equal({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        })
        for (const port of (container.ports as object[] | undefined) ?? [])
          expect(port).not.to.have.property('hostPort')
      }
      for (const volume of (spec.volumes as object[] | undefined) ?? [])
        expect(volume).to.have.any.keys('projected', 'emptyDir')
    })

  it('goes with a pod that has no token and does not hear of other Services', () => {
    for (const pod of Object.values(pods))
      expect(at(pod(), 'spec')).to.include({ automountServiceAccountToken: false, enableServiceLinks: false })
    expect(only(rendered(), 'ServiceAccount')).to.include({ automountServiceAccountToken: false })
  })

  it('lets the volume be owned by the group of the image, without going through it at each start', () => {
    expect(at(podOf(rendered()), 'spec.securityContext')).to.include({
      fsGroup: 10001,
      fsGroupChangePolicy: 'OnRootMismatch',
    })
  })

  it('keeps captured exchanges in memory, where they can fill nothing else', () => {
    expect(at(podOf(rendered()), 'spec.volumes.1')).to.deep.equal({
      name: 'capture',
      emptyDir: { medium: 'Memory', sizeLimit: '32Mi' },
    })
  })
})

/** The name of the one that the pod reads. */
function configOf(rendered: Rendered): string {
  return String(at(containerOf(rendered), 'envFrom.0.configMapRef.name'))
}

function claimOf(rendered: Rendered) {
  return at(only(rendered, 'StatefulSet'), 'spec.volumeClaimTemplates.0') as {
    metadata: { labels: object }
    spec: object
  }
}

function checksumOf(rendered: Rendered): unknown {
  return at(podOf(rendered), 'metadata.annotations.checksum/config')
}

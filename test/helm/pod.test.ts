import { expect } from 'chai'
import { at, containerOf, only, podOf, render, useHelm, type Rendered } from './chart.ts'

describe("the chart's pod", () => {
  useHelm()

  it('runs the image with the digest if one is given, else with the tag, else with the version of the service', () => {
    const digest = `sha256:${'0f'.repeat(32)}`
    const imageOf = (image: object) => at(containerOf(render({ image })), 'image')
    expect(imageOf({})).to.equal('zonal-loyalty-adapter:0.1.0')
    expect(imageOf({ tag: '1.10' })).to.equal('zonal-loyalty-adapter:1.10')
    expect(imageOf({ registry: 'r.example.com/a', digest, tag: '1' })).to.equal(
      `r.example.com/a/zonal-loyalty-adapter@${digest}`,
    )
  })

  it('has its probes on the management port, and five minutes to start', () => {
    const container = containerOf(render())
    const ready = { path: '/health/ready', port: 'management' }
    expect(at(container, 'startupProbe.httpGet')).to.deep.equal(ready)
    expect(at(container, 'readinessProbe.httpGet')).to.deep.equal(ready)
    expect(at(container, 'livenessProbe.httpGet')).to.deep.equal({ path: '/health/live', port: 'management' })
    const { periodSeconds, failureThreshold } = at(container, 'startupProbe') as Record<string, number>
    expect(Number(periodSeconds) * Number(failureThreshold)).to.equal(300)
  })

  it('has a memory limit and no CPU limit', () => {
    expect(at(containerOf(render()), 'resources')).to.deep.equal({
      requests: { cpu: '50m', memory: '192Mi' },
      limits: { memory: '384Mi' },
    })
  })

  it('shows in `kubectl describe` what is wrong with its configuration', () => {
    expect(containerOf(render())).to.include({ terminationMessagePolicy: 'FallbackToLogsOnError' })
  })
})

describe("a rollout of the chart's pod", () => {
  useHelm()

  it('happens if the configuration changes', () => {
    const usual = checksumOf(render())
    expect(checksumOf(render({ config: { LOG_LEVEL: 'debug' } }))).not.to.equal(usual)
    expect(checksumOf(render({ kafka: { brokers: ['kafka:9092'] } }))).not.to.equal(usual)
  })

  it('happens if the revision of the secrets changes', () => {
    const annotationOf = (revision: string) => at(podOf(render({ secret: { name: 's', revision } })), 'metadata.annotations.secret-revision') // prettier-ignore
    expect(annotationOf('2')).to.equal('2')
    expect(annotationOf('')).to.equal(undefined)
  })

  it('does not happen if only other resources change', () => {
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
    it(`leaves it ${drain} s to serve on Kubernetes ${kubernetes}, and ends within its grace period`, () => {
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

function checksumOf(rendered: Rendered): unknown {
  return at(podOf(rendered), 'metadata.annotations.checksum/config')
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { at, chartFolder, only, podOf, release, render, useHelm } from './chart.ts'

const rulesFile = join(chartFolder, 'alerts/adapter.rules.yaml')
const dashboardFile = join(chartFolder, 'dashboards/adapter.json')

const kindsOf = (values: object) => render(values).manifests.map(({ kind }) => kind)

describe('the metrics of a pod', () => {
  useHelm()

  const annotationsOf = (values: object) =>
    Object.entries(at(podOf(render(values)), 'metadata.annotations') as Record<string, string>).filter(
      ([name]) => name.startsWith('prometheus.io/'),
    )

  it('are found by its annotations', () => {
    expect(annotationsOf({ config: { MANAGEMENT_PORT: 9191 } })).to.deep.equal([
      ['prometheus.io/scrape', 'true'],
      ['prometheus.io/port', '9191'],
      ['prometheus.io/path', '/metrics'],
    ])
  })

  it('are not found by annotations too if there is a ServiceMonitor, or if nothing is scraped', () => {
    expect(annotationsOf({ metrics: { scrape: 'serviceMonitor' } })).to.deep.equal([])
    expect(annotationsOf({ metrics: { scrape: 'none' } })).to.deep.equal([])
    expect(kindsOf({ metrics: { scrape: 'none' } })).not.to.include('ServiceMonitor')
  })

  it('are found by a ServiceMonitor that selects one Service and its port', () => {
    const rendered = render({
      metrics: { scrape: 'serviceMonitor', interval: '15s', labels: { release: 'prometheus' } },
    })
    const monitor = only(rendered, 'ServiceMonitor')
    expect(monitor.metadata.labels).to.include({ release: 'prometheus' })
    expect(at(monitor, 'spec.endpoints')).to.deep.equal([
      { port: 'management', path: '/metrics', interval: '15s' },
    ])
    const selector = at(monitor, 'spec.selector.matchLabels') as Record<string, string>
    const selected = rendered.manifests.filter(
      ({ kind, metadata }) =>
        kind === 'Service' &&
        Object.entries(selector).every(([name, value]) => metadata.labels[name] === value),
    )
    expect(selected.map(({ metadata }) => metadata.name)).to.deep.equal([`${release}-management`])
    expect(at(selected[0], 'spec.ports.0.name')).to.equal('management')
  })
})

describe('the PrometheusRule', () => {
  useHelm()

  it('has the rules of the file, with the address of the runbooks', () => {
    const alerts = {
      enabled: true,
      runbookBaseUrl: 'https://wiki.example.com/runbooks/',
      labels: { release: 'prometheus' },
    }
    const rule = only(render({ alerts }), 'PrometheusRule')
    const file = readFileSync(rulesFile, 'utf8').replaceAll(
      'RUNBOOK_BASE_URL',
      'https://wiki.example.com/runbooks',
    )
    expect(file).to.contain('https://wiki.example.com/runbooks/')
    expect(file).to.contain('{{')
    expect(at(rule, 'spec')).to.deep.equal(parse(file, { version: '1.1' }))
    expect(rule.metadata.labels).to.include({ release: 'prometheus' })
  })

  it('is left out unless it is asked for', () => {
    expect(kindsOf({})).not.to.include('PrometheusRule')
  })
})

describe('the dashboard', () => {
  useHelm()

  it("is the unchanged file, with the label that Grafana's sidecar looks for", () => {
    const rendered = render({ dashboard: { enabled: true, annotations: { grafana_folder: 'Loyalty' } } })
    const map = only(rendered, 'ConfigMap', `${release}-dashboard`)
    const shown = JSON.parse((at(map, 'data') as Record<string, string>)['adapter.json'] ?? '') as unknown
    expect(shown).to.deep.equal(JSON.parse(readFileSync(dashboardFile, 'utf8')))
    expect(map.metadata.labels).to.include({ grafana_dashboard: '1' })
    expect(at(map, 'metadata.annotations')).to.deep.equal({ grafana_folder: 'Loyalty' })
  })

  it('fits into a ConfigMap, and into the record that Helm keeps', () => {
    expect(readFileSync(dashboardFile).length).to.be.below(256 * 1024)
  })
})

import { readdirSync } from 'node:fs'
import { expect } from 'chai'
import { codes } from '../../../src/model/refusal.ts'
import { lookUp } from '../../../src/zonal/catalogue.ts'
import { readPage, root } from '../../docs/pages.ts'
import { useRealSockets } from '../../support/real-sockets.ts'
import { queriesOf, readAlerts, readDashboard, type Alert } from './documents.ts'
import { readExposed, type Exposed } from './exposed.ts'
import { labelsUsedBy, selectorsOf } from './promql.ts'

/** Prometheus adds these to every series of a pod. */
const targetLabels = ['namespace', 'job', 'pod', 'instance']
/** Of Prometheus itself: the state of the alerts. */
const ownOfPrometheus = ['ALERTS']

/** Metrics that are left out on purpose, and why. All others that the service exposes are in a panel or an alert. */
const unused: [pattern: RegExp, reason: string][] = [
  [/^nodejs_eventloop_(lag_(?!p99)|utilization_)/, 'the 99th percentile says whether tills wait'],
  [/^nodejs_(active|heap_space|external|heap_size_total)/, 'for whoever looks for a leak, by hand'],
  [/^nodejs_version_info$/, 'the version of the adapter says which Node is in its image'],
  [/^process_cpu_(user|system)_/, 'process_cpu_seconds_total is their sum'],
  [/^process_(virtual_memory|heap)_bytes$/, 'resident memory is what a limit counts'],
  [/^process_(open|max)_fds$/, 'the number of tills bounds them; a leak shows as memory too'],
]

describe('in the alerts and the dashboard,', () => {
  useRealSockets()
  let exposed: Exposed
  let alerts: Alert[]
  const queries = queriesOf(readDashboard())
  before(async function () {
    this.timeout(30_000)
    exposed = await readExposed()
    alerts = await readAlerts()
  })

  const all = () => [
    ...alerts.map(({ alert, expr, annotations }) => ({
      where: alert,
      expr,
      legendFormat: annotations.summary ?? '',
    })),
    ...queries,
  ]

  it('metrics are those that the running service exposes', () => {
    for (const { where, expr } of all()) {
      const selectors = selectorsOf(expr)
      expect(selectors, where).not.to.have.length(0)
      for (const { metric } of selectors)
        if (!ownOfPrometheus.includes(metric))
          expect(exposed.has(metric), `${where}: ${metric}`).to.equal(true)
    }
  })

  it('labels are on those metrics, or on every series of a pod', () => {
    for (const { where, expr, legendFormat } of all()) {
      const selectors = selectorsOf(expr).filter(({ metric }) => !ownOfPrometheus.includes(metric))
      if (selectors.length === 0) continue
      const known = [...targetLabels, ...selectors.flatMap(({ metric }) => [...labelsOf(metric)])]
      expect(known, where).to.include.members(labelsUsedBy(expr, legendFormat))
      for (const { metric, matchers } of selectors)
        for (const { label } of matchers)
          expect([...targetLabels, ...labelsOf(metric)], `${where}: ${metric}`).to.include(label)
    }
  })

  it('label values are those that the labels can have', () => {
    for (const { where, expr } of all())
      for (const { metric, matchers } of selectorsOf(expr))
        for (const { label, values } of matchers)
          if (!targetLabels.includes(label) && !ownOfPrometheus.includes(metric)) {
            const known = label === 'code' ? ['OK', ...codes] : [...(exposed.get(metric)?.get(label) ?? [])]
            expect(known, `${where}: ${metric} ${label}`).to.include.members(values)
          }
  })

  it('codes that say "try again" are those of the catalogue, except for guessers who are locked out', () => {
    const retried = codes.filter((code) => lookUp(code, 'en').retry && code !== 'CREDENTIALS_LOCKED')
    const putOff = alerts.find(({ alert }) => alert === 'ZonalTillsPutOff')?.expr ?? ''
    const served = queries.find(({ where }) => where === 'Are tills served?')?.expr ?? ''
    for (const expr of [putOff, served]) {
      const lists = selectorsOf(expr).flatMap(({ matchers }) =>
        matchers.filter(({ label }) => label === 'code'),
      )
      expect(lists).to.have.length(1)
      expect(lists[0]?.values).to.have.members(retried)
    }
  })

  it('every metric of the service is used, except those that are left out on purpose', () => {
    const used = new Set(all().flatMap(({ expr }) => selectorsOf(expr).map(({ metric }) => baseOf(metric))))
    const reasonFor = (metric: string) => unused.find(([pattern]) => pattern.test(metric))
    for (const metric of new Set([...exposed.keys()].map(baseOf)))
      expect(used.has(metric) !== (reasonFor(metric) !== undefined), metric).to.equal(true)
    for (const [pattern] of unused)
      expect(
        [...exposed.keys()].some((metric) => pattern.test(metric)),
        String(pattern),
      ).to.equal(true)
  })

  const labelsOf = (metric: string) => exposed.get(metric)?.keys() ?? []
})

describe('each alert', () => {
  let alerts: Alert[]
  before(async () => (alerts = await readAlerts()))

  it('has a name of its own, a severity, a summary, and the address of its page', () => {
    const names = alerts.map(({ alert }) => alert)
    expect(new Set(names).size).to.equal(names.length)
    for (const { alert, labels, annotations } of alerts) {
      expect(labels.severity, alert).to.be.oneOf(['page', 'ticket'])
      expect(annotations.summary, alert).to.be.a('string')
      expect(annotations.runbook_url).to.equal(`RUNBOOK_BASE_URL/${alert}.md`)
    }
  })

  it('has a page in helm/runbooks, and each page has an alert', () => {
    const files = readdirSync(new URL('helm/runbooks', root))
    expect(files).to.have.members(alerts.map(({ alert }) => `${alert}.md`))
  })

  it('has a page that says what it means for guests, how to see it, and what to do', () => {
    for (const { alert } of alerts) {
      const { text } = readPage(`helm/runbooks/${alert}.md`)
      const parts = /^# (.+)\n\n\*\*For guests\*\*: .+\n\n\*\*How to see it\*\*: .+\n\n\*\*What to do\*\*:.+/s
      expect(parts.exec(text)?.[1]).to.equal(alert)
    }
  })

  it('is in the index of the runbook, in the order of the rules, with its severity', () => {
    const rows = readPage('contracts/runbook.md').text.matchAll(
      /^\| (\w+) \| \[(\w+)\]\(\.\.\/helm\/runbooks\/(\w+)\.md\) \|/gm,
    )
    expect([...rows].map((row) => row.slice(1))).to.deep.equal(
      alerts.map(({ alert, labels }) => [labels.severity, alert, alert]),
    )
  })
})

/** A histogram's series count as one. */
function baseOf(metric: string): string {
  return metric.replace(/_(bucket|sum|count)$/, '')
}

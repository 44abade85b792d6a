import { mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { pathOf, queriesOf, readAlerts, readDashboard, readRuleCases, ruleTestFiles } from './documents.ts'
import { usePromtool } from './promtool-for-tests.ts'

describe('the rule file, as promtool sees it,', function () {
  // A minute of a slow machine: each case evaluates all rules.
  this.timeout(120_000)
  const promtool = usePromtool()

  it('is accepted by Prometheus', async () => {
    expect(await promtool('check', 'rules', pathOf('helm/alerts/adapter.rules.yaml'))).to.include('SUCCESS')
  })

  it('fires and stays silent as its cases say', async () => {
    const said = await promtool('test', 'rules', ...ruleTestFiles.map(pathOf))
    expect(said.match(/SUCCESS/g)).to.have.length(ruleTestFiles.length)
  })
})

describe('the queries of the dashboard', () => {
  const promtool = usePromtool()
  let folder: string
  before(() => (folder = mkdtempSync(join(tmpdir(), 'dashboard-test-'))))
  after(() => folder && rm(folder, { recursive: true }))

  it('are accepted by Prometheus', async () => {
    const rules = queriesOf(readDashboard()).map(({ expr }, index) => ({
      record: `panel:${index}`,
      expr: expr.replaceAll('$__rate_interval', '1m'),
    }))
    const file = join(folder, 'queries.yaml')
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }))
    expect(await promtool('check', 'rules', '--lint=none', file)).to.include('SUCCESS')
  })
})

describe('the cases for promtool', () => {
  it('make each alert fire at least once, and stay silent at least once', async () => {
    const cases = await readRuleCases()
    for (const { alert } of await readAlerts()) {
      const counts = cases
        .flatMap((each) => each.alert_rule_test)
        .filter(({ alertname }) => alertname === alert)
        .map(({ exp_alerts }) => exp_alerts.length)
      expect(
        counts.some((count) => count > 0),
        `${alert} fires`,
      ).to.equal(true)
      expect(counts.includes(0), `${alert} is silent`).to.equal(true)
    }
  })

  it('do what their names say', async () => {
    for (const { name, alert_rule_test } of await readRuleCases())
      for (const { alertname, exp_alerts } of alert_rule_test)
        expect(name).to.match(new RegExp(`^${alertname} ${exp_alerts.length > 0 ? 'fires' : 'is silent'}: `))
  })
})

import $RefParser from '@apidevtools/json-schema-ref-parser'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { root } from '../../docs/pages.ts'

export type Alert = {
  alert: string
  expr: string
  for?: string
  labels: Record<string, string>
  annotations: Record<string, string>
}
type RuleFile = { groups: { name: string; rules: Alert[] }[] }

export type RuleCase = {
  name: string
  alert_rule_test: { alertname: string; exp_alerts: unknown[] }[]
}

type Target = { refId: string; expr: string; legendFormat: string }
export type Panel = {
  id: number
  type: string
  title: string
  description?: string
  gridPos: { x: number; y: number; w: number; h: number }
  datasource?: { uid: string }
  fieldConfig?: { defaults: { unit?: string } }
  targets?: Target[]
}
type Variable = { name: string; type: string; query: string | { query: string } }
type Dashboard = {
  uid: string
  title: string
  schemaVersion: number
  templating: { list: Variable[] }
  panels: Panel[]
}

export const pathOf = (file: string) => fileURLToPath(new URL(file, root))

const readYaml = async (file: string): Promise<unknown> => await $RefParser.parse(pathOf(file))

export async function readAlerts(): Promise<Alert[]> {
  const { groups } = (await readYaml('helm/alerts/adapter.rules.yaml')) as RuleFile
  return groups.flatMap(({ rules }) => rules)
}

export const ruleTestFiles = [
  'helm/alerts/adapter.rules.test.yaml',
  'helm/alerts/adapter.rules.week.test.yaml',
]

export async function readRuleCases(): Promise<RuleCase[]> {
  const files = await Promise.all(ruleTestFiles.map(readYaml))
  return (files as { tests: RuleCase[] }[]).flatMap(({ tests }) => tests)
}

export const dashboardFile = 'helm/dashboards/adapter.json'

export function readDashboard(): Dashboard {
  return JSON.parse(readFileSync(new URL(dashboardFile, root), 'utf8')) as Dashboard
}

/** Every query of the dashboard and of its variables, with where it is. */
export function queriesOf({ panels, templating }: Dashboard) {
  const ofPanels = panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat }) => ({ where: title, expr, legendFormat })),
  )
  const ofVariables = templating.list.flatMap(({ name, query }) => {
    if (typeof query === 'string') return []
    const [, selector = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(query.query) ?? []
    return [{ where: `$${name}`, expr: selector, legendFormat: `{{${label}}}` }]
  })
  return [...ofPanels, ...ofVariables]
}

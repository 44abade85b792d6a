import { readFileSync, writeFileSync } from 'node:fs'
import { describeConfig } from '../../src/config/config.ts'
import { codes } from '../../src/model/refusal.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { lookUp } from '../../src/zonal/catalogue.ts'
import { readChartValues, type ChartValue } from './chart-values.ts'
import { root } from './pages.ts'
import { connectionRows, limits, sitesRows } from './sizing.ts'

/** The parts of pages that are made from the code, by the name in their marks: `<!-- name -->` … `<!-- /name -->`. */
const generated: Record<string, Record<string, () => string | Promise<string>>> = {
  'contracts/messages.md': { catalogue: catalogueTable },
  'contracts/configuration.md': { configuration: configurationTable },
  'contracts/metrics.md': { metrics: metricsTable },
  'helm/README.md': { sites: sitesTable, connections: connectionsTable, values: valueTables },
}

export const generatedPages = Object.keys(generated)

/**
 * @param name of one of the generated pages
 * @returns its text as it is, and with its parts as the code has them now
 * @throws Error if a mark is missing
 */
export async function generate(name: string): Promise<{ file: URL; text: string; fresh: string }> {
  const file = new URL(name, root)
  const text = readFileSync(file, 'utf8')
  let fresh = text
  for (const [mark, write] of Object.entries(generated[name] ?? {}))
    fresh = replaceBetween(fresh, mark, await write())
  return { file, text, fresh }
}

function catalogueTable(): string {
  const rows = codes.map((code) => {
    const { status, retry, text, action } = lookUp(code, 'en')
    return [`\`${code}\``, String(status), retry ? 'yes' : 'no', text, action]
  })
  return toTable(['code', 'HTTP', 'retry', 'on the till', 'what the operator does'], rows)
}

function configurationTable(): string {
  const rows = describeConfig().map(({ name, fallback, what }) => [`\`${name}\``, toDefault(fallback), what])
  return toTable(['variable', 'default', 'what'], rows)
}

/** Each metric of the service, from what it says of itself on the page that Prometheus reads. */
async function metricsTable(): Promise<string> {
  const { body } = await createMetrics().page()
  const described = body.matchAll(/^# HELP (zonal_\w+) (.+)\n# TYPE \1 (\w+)$/gm)
  const rows = [...described].map(([, name = '', help = '', type = '']) => [`\`${name}\``, type, help])
  return toTable(['metric', 'type', 'what'], rows)
}

function sitesTable(): string {
  const sitesOf = limits.map((limit) => `sites with ${limit} calls in 10 s`)
  return toTable(
    ['checkouts a minute at one site', ...sitesOf, 'sites for the CPU of one replica'],
    sitesRows(),
  )
}

function connectionsTable(): string {
  const pool = readChartValues()
    .flatMap(({ values }) => values)
    .find(({ path }) => path === 'journal.pool')
  return toTable(['replicas', 'connections', 'in a rollout, at most'], connectionRows(Number(pool?.fallback)))
}

/** A table for each section of values.yaml. */
function valueTables(): string {
  const toRow = ({ path, fallback, what }: ChartValue) => [`\`${path}\``, toDefault(fallback), what]
  return readChartValues()
    .map(({ name, what, values }) => {
      const table = toTable(['value', 'default', 'what'], values.map(toRow))
      return [name && `### \`${name}\``, what, table].filter(Boolean).join('\n\n')
    })
    .join('\n\n')
}

function toDefault(value: unknown): string {
  if (value === '') return 'empty'
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}

function toTable(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function replaceBetween(page: string, name: string, table: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [before, rest, more] = page.split(begin)
  const after = rest?.split(end)[1]
  if (after === undefined || more !== undefined) throw new Error(`the page needs ${begin} and ${end}, once`)
  return `${before}${begin}\n\n${table}\n\n${end}${after}`
}

if (import.meta.main)
  for (const name of generatedPages) {
    const { file, fresh } = await generate(name)
    writeFileSync(file, fresh)
  }

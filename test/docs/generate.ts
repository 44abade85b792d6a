import { readFileSync, writeFileSync } from 'node:fs'
import { describeConfig } from '../../src/config/config.ts'
import { codes } from '../../src/model/refusal.ts'
import { lookUp } from '../../src/zonal/catalogue.ts'
import { readChartValues, type ChartValue } from './chart-values.ts'
import { root } from './pages.ts'

/** The parts of pages that the code knows better, by the name in their marks: `<!-- name -->` … `<!-- /name -->`. */
const generated: Record<string, Record<string, () => string>> = {
  'README.md': { catalogue: catalogueTable, configuration: configurationTable },
  'helm/README.md': { values: valueTables },
}

export const generatedPages = Object.keys(generated)

/**
 * @param name of one of the generated pages
 * @returns its text as it is, and with its parts as the code has them now
 * @throws Error where a mark is missing
 */
export function generate(name: string): { file: URL; text: string; fresh: string } {
  const file = new URL(name, root)
  const text = readFileSync(file, 'utf8')
  const fresh = Object.entries(generated[name] ?? {}).reduce(
    (page, [mark, write]) => replaceBetween(page, mark, write()),
    text,
  )
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
    const { file, fresh } = generate(name)
    writeFileSync(file, fresh)
  }

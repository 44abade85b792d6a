import { readFileSync, writeFileSync } from 'node:fs'
import { describeConfig } from '../../src/config.ts'
import { codes } from '../../src/loyalty/refusal.ts'
import { lookUp } from '../../src/zonal/catalogue.ts'

/** The parts of README.md that the code knows better, by the name in their marks: `<!-- name -->` … `<!-- /name -->`. */
const tables = { catalogue: catalogueTable, configuration: configurationTable }

export const readmeFile = new URL('../../README.md', import.meta.url)

/**
 * @returns the page with its tables as the code has them now
 * @throws Error where a mark is missing
 */
export function withTables(page: string): string {
  return Object.entries(tables).reduce((text, [name, table]) => replaceBetween(text, name, table()), page)
}

function catalogueTable(): string {
  const rows = codes.map((code) => {
    const { status, retry, text, action } = lookUp(code, 'en')
    return [`\`${code}\``, String(status), retry ? 'yes' : 'no', text, action]
  })
  return toTable(['code', 'HTTP', 'retry', 'on the till', 'what the operator does'], rows)
}

function configurationTable(): string {
  const rows = describeConfig().map(({ name, fallback, what }) => [
    `\`${name}\``,
    fallback === '' ? 'empty' : `\`${fallback}\``,
    what,
  ])
  return toTable(['variable', 'default', 'what'], rows)
}

function toTable(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function replaceBetween(page: string, name: string, table: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [before, rest, more] = page.split(begin)
  const after = rest?.split(end)[1]
  if (after === undefined || more !== undefined) throw new Error(`README.md needs ${begin} and ${end}, once`)
  return `${before}${begin}\n\n${table}\n\n${end}${after}`
}

if (import.meta.main) writeFileSync(readmeFile, withTables(readFileSync(readmeFile, 'utf8')))

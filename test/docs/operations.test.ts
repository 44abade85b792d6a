import { expect } from 'chai'
import { variables } from '../../src/config/variables.ts'
import { retentionRules } from '../../src/journal/retention.ts'
import { ticket } from '../bench/messages.ts'
import { readPage } from './pages.ts'

const dayMs = 86_400_000
const { text } = readPage('contracts/operations.md')

describe('the sizing in contracts/operations.md', () => {
  const checkouts = 10_000
  const keptDays = (table: string) => retentionRules(0).find((rule) => rule.table === table)!.keptMs / dayMs
  const diaryDays = Number(variables.DIARY_DAYS.fallback)

  it('has in its example what follows from its table', () => {
    const [balance, debit, , ticket] = ['balance', 'debit', 'ticket, while', 'ticket, once'].map(rowOf)
    const sum = (column: number) => at(balance, column) + at(debit, column) + at(ticket, column)
    const gigabytes = (bytes: number) => `${((checkouts * bytes) / 1e9).toFixed(2)} GB`
    const journal = (column: number) =>
      gigabytes(at(debit, column) * keptDays('redemptions') + at(ticket, column) * keptDays('tickets'))
    expect(text).to.contain(`| journal | ${journal(3)} | ${journal(4)} |`)
    const [inFile, inDatabase] = [1, 2].map((column) => gigabytes(sum(column) * diaryDays))
    expect(text).to.contain(`| diary, ${diaryDays} days | ${inFile} | ${inDatabase} |`)
    expect(text).to.contain(`${Math.round((checkouts * sum(0)) / 1e6)} MB a day`)
  })

  it("has the service's own times", () => {
    expect(text).to.contain(
      `keeps a debit for ${keptDays('redemptions')} days and a ticket for ${keptDays('tickets')} after`,
    )
  })

  it('has the bill of the benchmark', () => {
    const { items } = JSON.parse(ticket) as { items: unknown[] }
    expect(text).to.contain(`with ${items.length} lines on each bill`)
  })
})

/** @returns the figures of a row of the first table */
function rowOf(message: string): number[] {
  const [line = ''] = text.split('\n').filter((each) => each.startsWith(`| ${message}`))
  return line
    .split('|')
    .slice(2, -1)
    .map((cell) => Number(cell.replace(',', '')))
}

function at(row: number[] | undefined, column: number): number {
  const figure = row?.[column]
  if (figure === undefined || Number.isNaN(figure)) throw new Error(`no figure in column ${column}`)
  return figure
}

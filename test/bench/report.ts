import type { Row, Spread } from './rounds.ts'

export type Figure = { name: string; value: number; unit: string; note?: string; key?: string }

/** What one scenario has found: rows that are compared, or figures of one thing; `ratios` is what goals are about. */
export type Measurement = {
  title: string
  /** Of the machine's time, what its host gave to others meanwhile. */
  stolenShare?: number
  rows?: Row[]
  figures?: Figure[]
  ratios: Record<string, number>
}

type Goal = { key: string; what: string; isMost?: true; than: number }

/** Ratios of one run, since machines differ. */
const goals: Goal[] = [
  {
    key: 'passThroughOverLibraries',
    what: 'balance passed through, over the chosen libraries alone',
    than: 0.65,
  },
  { key: 'passThroughOverNaive', what: 'the same, over Koa + axios with their defaults', than: 1.9 },
  { key: 'memoryOverLibraries', what: 'balance from memory, over the chosen libraries alone', than: 0.65 },
  {
    key: 'debitOverLibraries',
    what: 'debit with a synced journal, over the libraries without one',
    than: 0.4,
  },
  {
    key: 'debitPostgresOverSqlite',
    what: 'debit with the journal in PostgreSQL, over one in a file',
    than: 0.6,
  },
  {
    key: 'ticketOverLibraries',
    what: 'tickets into Kafka, over stored and then sent by the libraries alone',
    than: 0.4,
  },
  {
    key: 'calmTicketLatencyOverWaiting',
    what: "a till's median wait for a ticket at 100 a second, over a handler's that waits for kafkajs",
    isMost: true,
    than: 1,
  },
  { key: 'backlogPerSecond', what: 'tickets that waited out an outage, into Kafka, per second', than: 2_500 },
  {
    key: 'backlogP99Over',
    what: "tills' p99 meanwhile, over that without a backlog",
    isMost: true,
    than: 1.1,
  },
  { key: 'addedP99Ms', what: 'added p99 at 500 a second, ms', isMost: true, than: 3 },
  { key: 'readyMs', what: 'start to ready, ms', isMost: true, than: 500 },
  { key: 'rssOverBare', what: 'RSS with 1,000 connections, over the bare service', isMost: true, than: 1.1 },
  { key: 'callsBalance', what: 'calls to the core for a balance', isMost: true, than: 2 },
  { key: 'callsSecondBalance', what: 'for a second one within 5 s', isMost: true, than: 0 },
  { key: 'callsDebit', what: 'for a debit', isMost: true, than: 1 },
  { key: 'callsCredit', what: 'for a credit', isMost: true, than: 1 },
  { key: 'callsTicket', what: 'for a ticket', isMost: true, than: 0 },
  { key: 'ticketCostGrowth', what: 'cost of a ticket, 1,000,000 rows against 10', isMost: true, than: 1.2 },
  {
    key: 'ticketsThreeReplicasOverOne',
    what: 'tickets taken in by 3 replicas on one PostgreSQL, over 1',
    than: 0.9,
  },
  {
    key: 'postgresDebitAddedP99Ms',
    what: "added p99 of a debit with PostgreSQL, 50 a second, over the core's own, ms",
    isMost: true,
    than: 15,
  },
  {
    key: 'consoleSlowestP95Ms',
    what: 'slowest page or search of the console (p95), 1,000,000 rows of the diary, ms',
    isMost: true,
    than: 100,
  },
  {
    key: 'postgresDebitCostGrowth',
    what: 'cost of a debit with PostgreSQL, 1,000,000 rows against 10',
    isMost: true,
    than: 1.2,
  },
]

/** @returns each goal that this run has measured, and whether it is met */
export function judge(ratios: Record<string, number>) {
  return goals.flatMap(({ key, what, isMost = false, than }) => {
    const value = ratios[key]
    if (value === undefined) return []
    return [
      {
        key,
        what,
        value,
        goal: `${isMost ? '≤' : '≥'} ${than}`,
        isMet: isMost ? value <= than : value >= than,
      },
    ]
  })
}

export function print({ title, rows = [], figures = [], stolenShare = 0 }: Measurement) {
  const isDisturbed = stolenShare >= 0.01
  console.log(
    `\n${title}${isDisturbed ? ` (its host took ${Math.round(stolenShare * 100)} % of the machine)` : ''}`,
  )
  if (rows.length > 0) printTable(['', 'per second', 'p50 ms', 'p99 ms', 'cores used', ''], rows.map(lineOf))
  if (figures.length > 0)
    printTable(
      ['', '', '', ''],
      figures.map(({ name, value, unit, note = '' }) => [name, shown(value), unit, note]),
    )
}

export function printGoals(ratios: Record<string, number>) {
  console.log('\nGoals')
  printTable(
    ['', '', 'goal', ''],
    judge(ratios).map(({ what, value, goal, isMet }) => [
      what,
      shown(value),
      goal,
      isMet ? 'met' : 'NOT MET',
    ]),
  )
}

function lineOf({ variant, perSecond, p50Ms, p99Ms, shares, notes }: Row): string[] {
  const used = Object.entries(shares).map(([name, share]) => `${name} ${share.toFixed(2)}`)
  return [
    variant,
    withSpread(perSecond),
    shown(p50Ms.median),
    shown(p99Ms.median),
    used.join(', '),
    notes.join('; '),
  ]
}

function withSpread({ median, least, most }: Spread): string {
  return least === most ? shown(median) : `${shown(median)} (${shown(least)} to ${shown(most)})`
}

/** Three significant digits. */
export function shown(value: number): string {
  const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

export function printTable(head: string[], lines: string[][]) {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)),
  )
  for (const line of [head, ...lines].filter((each) => each.some((cell) => cell !== '')))
    console.log(`  ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}

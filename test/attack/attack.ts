import { parseArgs } from 'node:util'
import { runAttacks, type Report } from './run.ts'

const { values, positionals } = parseArgs({
  options: { scale: { type: 'string', default: '1' } },
  allowPositionals: true,
})
const report = await runAttacks({
  scale: Number(values.scale),
  ...(positionals.length > 0 && { names: positionals }),
})
console.log(toTable(report))
process.exitCode = report.restarts + report.canaries.length > 0 ? 1 : 0

function toTable({ usualMs, rows, restarts, canaries }: Report): string {
  const head = ['attack', 'honest tills asked', 'slowest, ms', 'refused', 'most memory, MB', 'sockets left']
  const lines = rows.map((row) => [
    row.attack,
    row.asked,
    row.slowestMs,
    row.refused === 0 ? 0 : `${row.refused} (${Object.entries(row.codes).join(' ')})`,
    row.rssMb,
    row.socketsLeft,
  ])
  return [
    `Honest tills' slowest answer without an attack: ${usualMs} ms`,
    '',
    ...[head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`),
    '',
    ...rows.map(({ attack, what, seen }) => `${attack}: ${what}. They saw: ${seen}`),
    '',
    `restarts: ${restarts}; secrets found: ${canaries.length === 0 ? 'none' : canaries.slice(0, 10).join(', ')}`,
  ].join('\n')
}

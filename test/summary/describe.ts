import type { Results } from './results.ts'

/** A script of `npm test` and what became of it. */
export type Step = {
  name: string
  /** Undefined if the step was not run. */
  code?: number
  ms?: number
  /** Undefined if the step has none, like the linter, or ended before it could write them. */
  results?: Results
}

const listed = 10
/** The whole message is above, where mocha lists the failures of a step. */
const maxMessage = 300

/** @returns the page at the end of `npm test` */
export function describeRun(steps: Step[], all: Results): string {
  const { pending, failed, files, tests } = all
  const slowestFiles = slowest(Object.entries(files).map(([file, ms]) => ({ ms, name: file })))
  const slowestTests = slowest(tests.map(({ ms, file, title }) => ({ ms, name: `${file}: ${title}` })))
  const unexplained = steps.filter(({ code, results }) => code && !results)
  return [
    heading('Summary'),
    ...steps.map(describeStep),
    line('all', count(all)),
    ...(tests.length > 0 ? ['', 'Slowest files, with their hooks:', ...slowestFiles] : []),
    ...(tests.length > 0 ? ['', 'Slowest tests:', ...slowestTests] : []),
    ...(pending.length > 0 ? ['', describePending(pending)] : []),
    ...(failed.length > 0 ? ['', 'Failed:', ...failed.map(describeFailure)] : []),
    ...(unexplained.length > 0 ? ['', ...unexplained.map(describeUnexplained)] : []),
    '',
    lastLine(steps),
  ].join('\n')
}

/** @returns the pending tests of each file and reason in one line */
export function describePending(pending: Results['pending']): string {
  const counts = new Map<string, number>()
  for (const { file, title, reason } of pending) {
    const line = reason
      ? `${file}: ${reason}`
      : `${file}: ${title}: no reason is given, so this counts as failed`
    counts.set(line, (counts.get(line) ?? 0) + 1)
  }
  return ['Pending:', ...[...counts].map(([line, count]) => `${String(count).padStart(5)}  ${line}`)].join(
    '\n',
  )
}

function describeStep({ name, code, ms, results }: Step): string {
  if (code === undefined || ms === undefined) return line(name, 'not run')
  const outcome = code === 0 ? 'passed' : 'failed'
  return line(name, `${results ? count(results) : outcome} (${seconds(ms)})`)
}

function line(name: string, text: string): string {
  return `  ${name.padEnd(12)} ${text}`
}

function count({ passed, pending, failed }: Results): string {
  return `${passed} passed, ${pending.length} pending, ${failed.length} failed`
}

function describeFailure({ file, title, message }: Results['failed'][number]): string {
  const [line = ''] = message.split('\n')
  return `  ${file}: ${title}\n      ${line.length > maxMessage ? `${line.slice(0, maxMessage)} …` : line}`
}

function describeUnexplained({ name, code }: Step): string {
  return `${name} ended with ${code}; what went wrong is above.`
}

function lastLine(steps: Step[]): string {
  const failing = steps.filter(({ code }) => code).map(({ name }) => name)
  if (failing.length > 0) return `FAILED: ${failing.join(', ')}`
  return steps.every(({ code }) => code === 0) ? 'PASSED' : 'INTERRUPTED'
}

function slowest(timed: { ms: number; name: string }[]): string[] {
  return timed
    .sort((a, b) => b.ms - a.ms)
    .slice(0, listed)
    .map(({ ms, name }) => `${seconds(ms).padStart(9)}  ${name}`)
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function heading(text: string): string {
  return `\n${'='.repeat(78)}\n${text}\n`
}

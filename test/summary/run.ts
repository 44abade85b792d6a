import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { describeRun, type Step } from './describe.ts'
import { mergeResults, type Results } from './results.ts'

/**
 * `npm test`: runs the given scripts of package.json one after the other, and prints one summary of all of them. A step
 * whose tests failed does not stop the next one. One that failed without results does, such as the linter, a build or a
 * run that broke off: the results of later steps would say little. The exit code is that of the first step that failed.
 */
const names = process.argv.slice(2)

let child: ReturnType<typeof spawn> | undefined
let isInterrupted = false
// A terminal sends Ctrl-C to the step as well; a SIGTERM is for this process alone.
process.on('SIGINT', () => (isInterrupted = true))
process.on('SIGTERM', () => {
  isInterrupted = true
  child?.kill('SIGTERM')
})

// A folder of its own for each run: several may share the cache.
const cache = join(process.cwd(), '.cache')
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, 'test-results-'))
try {
  const steps: Step[] = []
  for (const name of names) steps.push(mayRun(steps) ? await run(name) : { name })
  console.log(describeRun(steps, mergeResults(steps.flatMap(({ results }) => results ?? []))))
  process.exitCode = steps.find(({ code }) => code)?.code ?? Number(isInterrupted)
} finally {
  rmSync(folder, { recursive: true })
}

function mayRun(before: Step[]): boolean {
  return !isInterrupted && before.every(({ code, results }) => code === 0 || results)
}

async function run(name: string): Promise<Step> {
  const resultsFile = join(folder, `${name.replaceAll(':', '-')}.json`)
  const startMs = performance.now()
  child = spawn('npm', ['run', name], {
    stdio: 'inherit',
    env: { ...process.env, TEST_RESULTS_FILE: resultsFile },
  })
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  const results = existsSync(resultsFile)
    ? (JSON.parse(readFileSync(resultsFile, 'utf8')) as Results)
    : undefined
  return {
    name,
    // As a shell says it.
    code: code ?? 128 + constants.signals[signal ?? 'SIGTERM'],
    ms: performance.now() - startMs,
    ...(results && { results }),
  }
}

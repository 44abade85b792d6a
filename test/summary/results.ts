import type { Runner, Test } from 'mocha'
import Mocha from 'mocha'
import { relative } from 'node:path'

export type TestName = { file: string; title: string }

/** The results of one run of mocha, as they are kept between the steps of `npm test`. */
export type Results = {
  passed: number
  /** Without a reason if somebody wrote `it.skip`. */
  pending: (TestName & { reason?: string })[]
  failed: (TestName & { message: string })[]
  /** Milliseconds spent in a file's tests and hooks. */
  files: Record<string, number>
  /** Milliseconds of each test that passed. */
  tests: (TestName & { ms: number })[]
}

const { EVENT_HOOK_END, EVENT_TEST_END, EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_PENDING } =
  Mocha.Runner.constants

/** Events of parallel workers carry copies, of which only some methods are left. */
type Ended = Pick<Test, 'file' | 'duration' | 'err' | 'fullTitle'>

/** @returns the results, filled while the runner runs */
export function collectResults(runner: Runner): Results {
  const results: Results = { passed: 0, pending: [], failed: [], files: {}, tests: [] }

  // The hooks of all files belong to none.
  const addTime = ({ file, duration = 0 }: Ended) => {
    if (!file) return
    const name = pathOf(file)
    results.files[name] = (results.files[name] ?? 0) + duration
  }
  runner.on(EVENT_HOOK_END, addTime)
  runner.on(EVENT_TEST_END, addTime)

  runner.on(EVENT_TEST_PASS, (test: Ended) => {
    results.passed++
    results.tests.push({ ...nameOf(test), ms: test.duration ?? 0 })
  })
  runner.on(EVENT_TEST_PENDING, (test: Ended) => {
    results.pending.push({ ...nameOf(test), ...(test.err && { reason: test.err.message }) })
  })
  runner.on(EVENT_TEST_FAIL, (test: Ended, error: unknown) => {
    const { message } = error as { message?: string }
    results.failed.push({ ...nameOf(test), message: message ?? String(error) })
  })
  return results
}

/** Several runs as one, by file: in a parallel run files end in any order. */
export function mergeResults(all: Results[]): Results {
  const merged: Results = { passed: 0, pending: [], failed: [], files: {}, tests: [] }
  for (const { passed, pending, failed, files, tests } of all) {
    merged.passed += passed
    merged.pending.push(...pending)
    merged.failed.push(...failed)
    merged.tests.push(...tests)
    for (const [file, ms] of Object.entries(files)) merged.files[file] = (merged.files[file] ?? 0) + ms
  }
  merged.pending.sort(byFile)
  merged.failed.sort(byFile)
  return merged
}

function byFile(one: TestName, other: TestName): number {
  return one.file < other.file ? -1 : Number(one.file > other.file)
}

function nameOf(test: Ended): TestName {
  return { file: pathOf(test.file ?? ''), title: test.fullTitle() }
}

function pathOf(file: string): string {
  return file === '' ? '(no file)' : relative(process.cwd(), file)
}

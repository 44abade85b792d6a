import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'

const mocha = `${process.execPath} ${createRequire(import.meta.url).resolve('mocha/bin/mocha.js')}`
const here = (file: string) => new URL(file, import.meta.url).pathname
const withReporter = `${mocha} --reporter ${here('reporter.ts')}`

const scripts = {
  lint: 'node -e 0',
  badLint: 'node -e "process.exit(3)"',
  parallel: `${withReporter} --parallel --jobs 2 some.test.mjs broken.test.mjs`,
  one: `${withReporter} fine.test.mjs`,
  skipped: `${withReporter} skipped.test.mjs`,
}

const files = {
  'package.json': JSON.stringify({ scripts }),
  'some.test.mjs': `
    import { markPending } from '${here('../support/mark-pending.ts')}'
    describe('a suite', () => {
      before(function () { markPending(this, 'java cannot be run') })
      it('is left out', () => undefined)
      describe('inside', () => it('is left out too', () => undefined))
    })
    describe('another', () => {
      it('takes its time', () => new Promise((resolve) => setTimeout(resolve, 150)))
      it('misses something', async function () { await 1; markPending(this, 'curl cannot be run', 'REQUIRE_CURL') })
      it('is wrong', () => { throw new Error('expected 1 to equal 2\\nand more') })
    })`,
  'broken.test.mjs': `
    describe('a third', () => {
      before(() => { throw new Error('no broker') })
      it('is never begun', () => undefined)
    })`,
  'fine.test.mjs': `it('is fine', () => undefined)`,
  'skipped.test.mjs': `it('is fine', () => undefined)\nit.skip('is forgotten', () => undefined)`,
}

describe('the summary of npm test', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'summary-test-'))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  })
  after(() => rmSync(folder, { recursive: true }))

  /** @returns the exit code, and what stands below the heading without its figures of time */
  function runSteps(steps: string[], env: Record<string, string> = {}) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [here('run.ts'), ...steps], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ...env },
    })
    const [, page] = stdout.split('\nSummary\n\n')
    if (page === undefined) throw new Error(`no summary:\n${stdout}${stderr}`)
    return {
      status,
      lines: page
        .trimEnd()
        .replaceAll(/\d+\.\d s/g, 'N s')
        .split('\n'),
    }
  }

  it('counts all steps together, and says why tests are pending or failed, and which were slow', () => {
    const { status, lines } = runSteps(['lint', 'parallel', 'one'])
    expect(lines).to.deep.equal([
      '  lint         passed (N s)',
      '  parallel     1 passed, 3 pending, 2 failed (N s)',
      '  one          1 passed, 0 pending, 0 failed (N s)',
      '  all          2 passed, 3 pending, 2 failed',
      '',
      'Slowest files, with their hooks:',
      '    N s  some.test.mjs',
      '    N s  fine.test.mjs',
      '',
      'Slowest tests:',
      '    N s  some.test.mjs: another takes its time',
      '    N s  fine.test.mjs: is fine',
      '',
      'Pending:',
      '    2  some.test.mjs: java cannot be run',
      '    1  some.test.mjs: curl cannot be run',
      '',
      'Failed:',
      '  broken.test.mjs: a third "before all" hook for "is never begun"',
      '      no broker',
      '  some.test.mjs: another is wrong',
      '      expected 1 to equal 2',
      '',
      'FAILED: parallel',
    ])
    expect(status, 'the number of failures, as from mocha').to.equal(2)
  })

  it('ends with 0 when all steps have passed', () => {
    const { status, lines } = runSteps(['lint', 'one'])
    expect([status, lines.at(-1)]).to.deep.equal([0, 'PASSED'])
  })

  it('is printed after a step that failed without results too, and says what was not run', () => {
    const { status, lines } = runSteps(['badLint', 'one'])
    expect(lines).to.deep.equal([
      '  badLint      failed (N s)',
      '  one          not run',
      '  all          0 passed, 0 pending, 0 failed',
      '',
      'badLint ended with 3; what went wrong is above.',
      '',
      'FAILED: badLint',
    ])
    expect(status).to.equal(3)
  })

  it('fails a run with a test that is pending without a reason', () => {
    const { status, lines } = runSteps(['skipped'])
    expect(lines).to.include(
      '    1  skipped.test.mjs: is forgotten: no reason is given, so this counts as failed',
    )
    expect([status, lines.at(-1)]).to.deep.equal([1, 'FAILED: skipped'])
  })

  it('fails a test that must not be pending', () => {
    const { lines } = runSteps(['parallel'], { REQUIRE_CURL: '1' })
    expect(lines[0]).to.equal('  parallel     1 passed, 2 pending, 3 failed (N s)')
    expect(lines).to.include('      REQUIRE_CURL=1, but curl cannot be run')
  })

  it('leaves nothing in the cache', () => {
    expect(readdirSync(join(folder, '.cache'))).to.deep.equal([])
  })
})

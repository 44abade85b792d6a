import { writeFileSync } from 'node:fs'
import Mocha, { type MochaOptions, type Runner } from 'mocha'
import { describePending } from './describe.ts'
import { collectResults, type Results } from './results.ts'

/**
 * Mocha's own `spec`, and below it why each pending test did not run. A test that is pending without a reason fails the
 * run. As a step of `npm test` it also leaves its results in the file TEST_RESULTS_FILE, for the summary of all steps.
 */
export default class Reporter extends Mocha.reporters.Spec {
  readonly #results: Results

  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options)
    this.#results = collectResults(runner)
  }

  /** Mocha calls this last: what `report` is given becomes the exit code. */
  override done(failures: number, report: (failures: number) => void) {
    const { pending } = this.#results
    const { TEST_RESULTS_FILE } = process.env
    if (pending.length > 0) console.log(`${describePending(pending)}\n`)
    if (TEST_RESULTS_FILE) writeFileSync(TEST_RESULTS_FILE, JSON.stringify(this.#results))
    report(failures + pending.filter(({ reason }) => reason === undefined).length)
  }
}

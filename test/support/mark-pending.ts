/**
 * Leaves a test out, or in a `before` hook all tests of its suite, with a reason that the summary prints: what this
 * machine lacks, and how to get it.
 * @param context `this` of the hook or test
 * @param required the variable that turns this into a failure if it is 1, such as `REQUIRE_KAFKA`
 */
export function markPending(context: Mocha.Context, reason: string, required?: string): never {
  if (required !== undefined && process.env[required] === '1') throw new Error(`${required}=1, but ${reason}`)
  const runnable = context.runnable()
  const tests = isTest(runnable) ? [runnable] : testsOf(runnable.parent)
  // Mocha has no place for a reason; an error is what every reporter and the parallel workers pass on.
  for (const test of tests) test.err = new Error(reason)
  return context.skip()
}

function isTest(runnable: Mocha.Runnable): runnable is Mocha.Test {
  return 'type' in runnable && runnable.type === 'test'
}

function testsOf(suite: Mocha.Suite | undefined): Mocha.Test[] {
  const tests: Mocha.Test[] = []
  suite?.eachTest((test) => void tests.push(test))
  return tests
}

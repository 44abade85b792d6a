/**
 * For tests that wait for real timers: what they wait for begins in one `before` hook, all of it at once, so that the
 * suite waits once and not once for each test.
 * @param begin starts the work of each name
 * @returns to be called in a test: the outcome of its own work
 */
export function beginTogether<Name extends string, Outcome>(
  names: readonly Name[],
  begin: (name: Name) => Promise<Outcome>,
): (name: Name) => Promise<Outcome> {
  const outcomes = new Map<Name, Promise<Outcome>>()
  before(() => {
    for (const name of names) {
      const outcome = begin(name)
      // A failure belongs to the test that awaits it, which may not have begun yet.
      outcome.catch(() => undefined)
      outcomes.set(name, outcome)
    }
  })
  return (name) => {
    const outcome = outcomes.get(name)
    if (!outcome) throw new Error(`${name} was not begun`)
    return outcome
  }
}

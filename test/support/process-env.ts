/** The variables that a child process inherits from this one, so that no others affect a test. */
const passedOn = ['PATH', 'NODE_V8_COVERAGE', 'NODE_COMPILE_CACHE']

export function processEnv(): Record<string, string> {
  return Object.fromEntries(
    passedOn.flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

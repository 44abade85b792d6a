/** What a child process takes from this one's environment, so that nothing else of it changes what a test sees. */
const passedOn = ['PATH', 'NODE_V8_COVERAGE', 'NODE_COMPILE_CACHE']

export function processEnv(): Record<string, string> {
  return Object.fromEntries(
    passedOn.flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

type Options<Server> = {
  /** For the error if it is asked for outside of a test. */
  what: string
  startTimeoutMs: number
  /** Makes the suite pending, or fails it, if the server cannot be started here. */
  pendingWithout: (context: Mocha.Context) => Promise<void>
  start: () => Promise<Server>
}

/**
 * A server that a suite may kill, stopped after it.
 * @returns to be called in a test: the server
 */
export function useOwn<Server extends { stop: () => Promise<unknown> }>(
  options: Options<Server>,
): () => Server {
  let server: Server | undefined
  before(async function () {
    this.timeout(options.startTimeoutMs)
    await options.pendingWithout(this)
    server = await options.start()
  })
  after(() => server?.stop())
  return () => {
    if (!server) throw new Error(`${options.what} can only be used in a test`)
    return server
  }
}

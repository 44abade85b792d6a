import { createServer, type RequestListener } from 'node:http'

/** An HTTP server on 127.0.0.1 that can go away and come back on the same port. */
export async function startListener(port: number, serve: RequestListener) {
  const server = createServer(serve)
  const listen = (at: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(at, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
  await listen(port)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')

  return {
    port: address.port,
    goAway: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
    comeBack: () => listen(address.port),
  }
}

import { createServer, type RequestListener } from 'node:http'
import { holdPort } from '../../support/held-ports.ts'

/**
 * An HTTP server on 127.0.0.1 that can go down and come back on the same port.
 * @param port 0 for one of its own, which nobody else takes while it is down
 */
export async function startListener(port: number, serve: RequestListener) {
  const held = port === 0 ? await holdPort() : undefined
  const server = createServer(serve)
  const address = { port: held?.port ?? port, host: '127.0.0.1' }
  const listen = () =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(address, () => {
        server.off('error', reject)
        resolve()
      })
    })
  const goAway = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  await listen()

  return {
    port: address.port,
    goAway,
    comeBack: listen,
    async close() {
      await goAway()
      held?.release()
    },
  }
}

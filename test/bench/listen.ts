import type { Server } from 'node:http'

/** On a free port, said as the adapter says it. */
export function listen(server: Server) {
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    console.log(JSON.stringify({ msg: 'listening', port }))
  })
  process.once('SIGTERM', () => process.exit())
}

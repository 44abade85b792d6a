import type { Server } from 'node:http'

/** Listens on a free port, and reports it as the adapter does. */
export function listen(server: Server) {
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    console.log(JSON.stringify({ msg: 'listening', port }))
  })
  process.once('SIGTERM', () => process.exit())
}

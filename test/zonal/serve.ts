import { once } from 'node:events'
import type Koa from 'koa'

/** @returns the port on 127.0.0.1 where an app really listens, and how to end it */
export async function serve(app: Pick<Koa, 'listen'>): Promise<{ port: number; close: () => Promise<void> }> {
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

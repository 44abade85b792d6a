import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { startCluster } from './postgres-cluster.ts'

/** `npm run postgres`: a real database for development. Prints its URL. Ctrl-C ends it and drops its data. */
const { values } = parseArgs({ options: { port: { type: 'string' } } })

const cluster = await startCluster({
  durable: true,
  ...(values.port && { port: Number(values.port) }),
}).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error))
  return process.exit(1)
})
console.log(`${cluster.url}\nCtrl-C ends it.`)

await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
await cluster.stop()

import { once } from 'node:events'
import pg from 'pg'

/** What pg has for replication, which its types do not know. */
type Replicating = pg.Client & {
  connection: NodeJS.EventEmitter & { sendCopyFromChunk(chunk: Buffer): void }
}

/**
 * Stands for a synchronous standby: takes what the server has written, and confirms it at once, under this name of
 * `synchronous_standby_names`. https://www.postgresql.org/docs/current/protocol-replication.html
 *
 * @param server URL, of a user who may replicate
 * @returns once commits wait for nobody but it; ends it
 */
export async function startReceiver(server: string, name: string): Promise<() => Promise<void>> {
  const [place] = await ask(server, 'SELECT pg_current_wal_flush_lsn() AS lsn')
  const settings = { connectionString: server, application_name: name, replication: 'true' }
  const client = new pg.Client(settings) as Replicating
  client.on('error', () => undefined)
  await client.connect()
  client.connection.on('copyData', ({ chunk }: { chunk: Buffer }) => {
    // XLogData has a header of 25 bytes; a keepalive says where the server is.
    const isData = chunk.toString('latin1', 0, 1) === 'w'
    const reachedAt = chunk.readBigInt64BE(1) + BigInt(isData ? chunk.length - 25 : 0)
    client.connection.sendCopyFromChunk(confirm(reachedAt))
  })
  const started = once(client.connection, 'replicationStart')
  client.query(`START_REPLICATION PHYSICAL ${String(place?.lsn)}`).catch(() => undefined)
  await started
  const [, ...parts] = /^(\w+)\/(\w+)$/.exec(String(place?.lsn)) ?? []
  const [high = '0', low = '0'] = parts
  client.connection.sendCopyFromChunk(confirm((BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`)))
  const look = `SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync' AND application_name = '${name}'`
  while ((await ask(server, look)).length === 0);
  return () => client.end()
}

/** That all before this place is written, on disk and applied. */
function confirm(place: bigint): Buffer {
  const message = Buffer.alloc(34)
  message.write('r')
  for (const offset of [1, 9, 17]) message.writeBigInt64BE(place, offset)
  return message
}

async function ask(server: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: server })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

import pg from 'pg'
import { systemTimers } from '../../time/clock.ts'

/** A server that is there closes the connection at once. */
const endWithinMs = 1_000

/** A client of pg that leaves no connection open that it cannot use. */
export class Client extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config)
    const { connection } = this
    // As when the password cannot be read, or the server does not prove that it knows it: pg only reports that, and each
    // try would leave one more connection to the server until that gives it up, after a minute.
    connection.on('error', () => connection.stream.destroy())
  }
}

/** Closes its connection, also if it was never made, is in use, or the server says nothing any more. */
export async function endClient(client: pg.Client): Promise<void> {
  const cancel = systemTimers.after(endWithinMs, () => client.connection.stream.destroy())
  await client.end().catch(() => undefined)
  cancel()
}

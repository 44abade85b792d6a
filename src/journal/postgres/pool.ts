import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import pg from 'pg'
import type { Config } from '../../config/config.ts'
import { describeError, type Logger } from '../../observability/logger.ts'
import type { Row } from '../work.ts'
import { Client } from './client.ts'

export type PostgresConfig = NonNullable<Config['journal']['postgres']>
export type Connection = pg.PoolClient

/** The part of the patience after which a database that does not answer counts as one that cannot be reached. */
const connectShare = 0.35

export type Pool = {
  /** @throws what pg throws if no connection can be had in time */
  connect(): Promise<Connection>
  /** Connections that were opened before now are not used again. */
  renew(): void
  /** Aborted once the pool ends: for what holds a connection and waits. */
  ending: AbortSignal
  end(): Promise<void>
}

/**
 * Connections to the journal's database, opened when they are needed. Never throws by itself.
 * @param onNotice gets what the server remarks
 */
export function createPool(
  config: PostgresConfig,
  log: Logger,
  onNotice: (notice: { routine?: string | undefined }) => void = () => undefined,
): Pool {
  const pool = new pg.Pool({
    ...connectionTo(config.url, config),
    Client,
    max: config.poolSize,
    connectionTimeoutMillis: config.patienceMs * connectShare,
    idleTimeoutMillis: 30_000,
    maxLifetimeSeconds: 900,
  })
  const openedIn = new WeakMap<Connection, number>()
  const ending = new AbortController()
  let generation = 0
  pool.on('connect', (connection) => {
    openedIn.set(connection, generation)
    // A broken connection fails its query; without a listener it would also end the process.
    connection.on('error', () => undefined)
    connection.on('notice', onNotice)
  })
  pool.on('error', (error) => {
    log.info({ error: describeError(error) }, 'an idle connection to the database was closed')
  })

  async function connect(): Promise<Connection> {
    for (;;) {
      const connection = await pool.connect()
      if (openedIn.get(connection) === generation) return connection
      connection.release(true)
    }
  }

  return {
    connect,
    renew: () => void generation++,
    ending: ending.signal,
    async end() {
      ending.abort()
      if (!pool.ending) await pool.end()
    },
  }
}

/** `query_timeout`: pg rejects after these ms, and the connection cannot be used any more. Its types do not know it. */
type Query = pg.QueryConfig & { query_timeout: number }

/** @throws what pg throws, also after `query_timeout` */
export function send<R extends pg.QueryResultRow = Row>(
  connection: pg.ClientBase,
  query: Query,
): Promise<pg.QueryResult<R>> {
  return connection.query<R>(query)
}

/** @returns what pg needs to connect to a URL that `config/` has checked: it has no password and no parameters */
export function connectionTo(url: string, config: PostgresConfig): pg.ClientConfig {
  const { hostname, port, username, pathname } = new URL(url)
  return {
    host: decodeURIComponent(hostname).replace(/^\[|\]$/g, ''),
    port: port === '' ? 5432 : Number(port),
    user: decodeURIComponent(username),
    database: decodeURIComponent(pathname.slice(1)),
    password: () => readPassword(config),
    ssl: config.tls === 'off' ? false : { rejectUnauthorized: true, ca: readCa(config) },
    application_name: 'zonal-loyalty-adapter',
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    types: { getTypeParser },
  }
}

async function readPassword({ password, passwordFile }: PostgresConfig): Promise<string> {
  return passwordFile === undefined ? password : (await readFile(passwordFile, 'utf8')).trim()
}

function readCa({ tlsCaFile }: PostgresConfig): string | undefined {
  return tlsCaFile === undefined ? undefined : readFileSync(tlsCaFile, 'utf8')
}

const int8 = 20
const numeric = 1700

/** pg gives both as text, since they may exceed what a number holds exactly. Times, counts and sizes here do not. */
export function getTypeParser(oid: number, format?: 'text' | 'binary') {
  if (oid === int8 || oid === numeric) return Number
  return pg.types.getTypeParser(oid, format as 'text') as (value: string) => unknown
}

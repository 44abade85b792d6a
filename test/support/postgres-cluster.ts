import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { holdPort } from './held-ports.ts'
import { createDatabase } from './postgres-database.ts'
import { bringWithinReach, findPrograms, findUser, type Programs } from './postgres-programs.ts'
import { copyData, initializeData, removeSharedMemory, startServer, type Server } from './postgres-server.ts'
import { startWatchdog } from './watchdog.ts'

type Settings = Record<string, string>
type Primary = { url: string; folder: string; restart: (whileDown: () => Promise<void>) => Promise<void> }
export type Cluster = Awaited<ReturnType<typeof startCluster>>

const always: Settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  // In the data folder, which is removed with all that is in it even if the server is killed.
  dynamic_shared_memory_type: 'mmap',
}
/** Faster, but a killed server may lose its last commits. */
const fast: Settings = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }

/**
 * Starts a PostgreSQL server on 127.0.0.1 with a superuser `postgres` and data of its own. It ends with this process,
 * however that ends.
 * @param options `port`: without it a free one; `durable`: PostgreSQL's own settings, with which commits survive a kill;
 * `settings`: of the server, which win over all others; `programs`: without it those of `findPrograms`; `standbyOf`: it
 * gets the data of that one, which is restarted for it, and follows it as `application_name=standby` until it is promoted
 * @throws PostgresMissing, or Error with the end of the log if it does not start
 */
export async function startCluster(
  options: {
    port?: number
    durable?: boolean
    settings?: Settings
    programs?: Programs
    standbyOf?: Primary
  } = {},
) {
  const { standbyOf: primary } = options
  const programs = options.programs ?? (await findPrograms())
  const user = findUser()
  const folder = await mkdtemp(join(tmpdir(), 'postgres-'))
  const watchdog = startWatchdog(folder, 'QUIT')
  // PostgreSQL cannot listen on port 0, and needs the same port again after a kill.
  const held = await holdPort()
  const clean = async () => {
    watchdog.dismiss()
    held.release()
    await rm(folder, { recursive: true, force: true })
  }

  try {
    if (user.uid && user.gid) await chown(folder, user.uid, user.gid)
    const place = { bin: await bringWithinReach(programs, folder, user), folder, user, watchdog }
    if (primary) await primary.restart(() => copyData(primary.folder, place))
    const password = primary ? new URL(primary.url).password : await initializeData(place)
    const port = options.port ?? held.port
    const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
    const settings = {
      ...always,
      ...(options.durable ? {} : fast),
      ...(primary && { primary_conninfo: `${primary.url}?application_name=standby` }),
      port: String(port),
      ...options.settings,
    }
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const run = () => startServer(place, args, url)

    const stop = async (server: Server) => {
      // SIGQUIT ends it at once, which is right for data that is dropped. SIGCONT is for a server frozen by SIGSTOP.
      await server.end('SIGQUIT', 'SIGCONT')
      await removeSharedMemory(place)
      await clean()
    }

    let server = await run()
    let stopped: Promise<void> | undefined
    return {
      /** Of the database `postgres`. */
      url,
      folder,
      pid: () => server.child.pid,
      createDatabase: (template?: string) => createDatabase(url, template),
      /** Kills its first process, as the kernel does when memory runs out. The others then end by themselves. */
      kill9: () => server.end('SIGKILL'),
      /** With the same data and port. @param whileDown done before it starts again */
      restart: async (whileDown = async () => {}) => {
        await server.end('SIGINT')
        await whileDown()
        server = await run()
      },
      /** Safe to call twice. */
      stop: () => (stopped ??= stop(server)),
      /** Lets this process end while the server runs, which then ends too. */
      unref: () => server.unref(),
    }
  } catch (error) {
    await clean()
    throw error
  }
}

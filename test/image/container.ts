import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** What a runtime needs to know of an image, as the image names it. */
export type Image = {
  root: string
  env: Record<string, string>
  workdir: string
  /** `uid:gid` */
  user: string
  command: string[]
  labels: Record<string, string>
  ports: string[]
}

type Mount = { from: string; to: string }

/** Where npm keeps what it has fetched: a build on this machine need not fetch it again. */
const npmCache = { from: join(homedir(), '.npm'), to: 'root/.npm' }
const devices = ['null', 'zero', 'full', 'random', 'urandom']

/** @returns why no container can be started on this machine */
export function whyNoContainers(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'this is not Linux x64'
  if (process.getuid?.() !== 0) return 'only root can mount and become another user'
  const attempt = ['--mount', '--pid', '--fork', 'mount', '--bind', '/tmp', '/tmp']
  if (spawnSync('unshare', attempt).status !== 0)
    return 'unshare cannot make namespaces and mount in them here'
  if (!process.version.startsWith('v24.')) return `this Node is ${process.version}; the image has 24`
  return undefined
}

/** A step of a build: as root on a root of its own, with the tools, the settings and the network of this machine. */
export function spawnBuildStep({ root, env, workdir }: Image, step: string) {
  const tools = ['usr/bin', 'usr/sbin', 'usr/lib', 'usr/lib64', 'etc']
  const mounts = [
    ...tools.map((path) => bind({ from: `/${path}`, to: prepareFolder(root, path) }, 'ro')),
    bind({ from: '/dev', to: prepareFolder(root, 'dev') }, 'rw'),
    bind({ from: prepareFolder('/', npmCache.from), to: prepareFolder(root, npmCache.to) }, 'rw'),
  ]
  prepareFolder(root, 'proc')
  return spawnOn(mounts, { root, env, workdir, user: '0:0', command: ['/bin/sh', '-c', step] })
}

/**
 * As Kubernetes starts it with `readOnlyRootFilesystem`, `runAsUser` and without new privileges: process 1 of its own
 * namespace, on a root that is mounted read-only but for the given folders. The network is the machine's.
 */
export function spawnContainer(image: Image, env: Record<string, string>, writable: string[]) {
  const { root } = image
  const mounts = [
    bind({ from: root, to: root }, 'ro'),
    ...writable.map((path) => bind({ from: join(root, path), to: join(root, path) }, 'rw')),
    ...devices.map((name) => bind({ from: `/dev/${name}`, to: prepareFile(root, `dev/${name}`) }, 'rw')),
  ]
  prepareFolder(root, 'proc')
  return spawnOn(mounts, { ...image, env: { ...image.env, ...env } })
}

/** As `kubectl exec` does. @param pid of the container's process 1, as the machine numbers it */
export function spawnBeside(pid: number, image: Image, env: Record<string, string>, command: string[]) {
  const words = [`--target=${pid}`, '--mount', '--pid', '--root', `--wdns=${image.workdir}`]
  return spawn('nsenter', [...words, ...asUser(image.user), '--', ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...image.env, ...env },
  })
}

/** @returns process 1 of the container that this started, as the machine numbers it */
export function processOne(pid: number | undefined): number {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
  return Number(child)
}

type Start = Pick<Image, 'root' | 'env' | 'workdir' | 'user' | 'command'>

/** What is mounted is seen by this process alone, and gone with it. */
function spawnOn(mounts: string[], { root, env, workdir, user, command }: Start) {
  const isolate = [
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc=/proc',
    `--root=${root}`,
    `--wd=${workdir}`,
  ]
  const start = ['exec', 'setpriv', '--no-new-privs', 'unshare', ...isolate, ...asUser(user), '"$@"']
  const script = ['set -e', ...mounts, start.join(' ')].join('\n')
  return spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  })
}

function asUser(user: string): string[] {
  const [uid, gid] = user.split(':')
  return [`--setuid=${uid}`, `--setgid=${gid}`]
}

function bind({ from, to }: Mount, mode: 'ro' | 'rw'): string {
  return `mount --bind ${from} ${to}\nmount -o remount,bind,${mode} ${to}`
}

function prepareFolder(root: string, path: string): string {
  mkdirSync(join(root, path), { recursive: true })
  return join(root, path)
}

function prepareFile(root: string, path: string): string {
  prepareFolder(root, join(path, '..'))
  writeFileSync(join(root, path), '')
  return join(root, path)
}

import { useAtLengthOnly } from './at-length.ts'
import { expect } from 'chai'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { chmod, mkdtemp, readdir, rm, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { canConnect } from './can-connect.ts'
import { markPending } from './mark-pending.ts'
import { startCluster, type Cluster } from './postgres-cluster.ts'
import { useOwnCluster, usePostgres } from './postgres-for-tests.ts'
import { findPrograms, findUser, linkLibraries, npmPackage } from './postgres-programs.ts'
import { processEnv } from './process-env.ts'
import { useRealSockets } from './real-sockets.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const command = 'test/support/postgres.ts'

describe('a real PostgreSQL', () => {
  useRealSockets()
  const cluster = useOwnCluster({ durable: true })

  it('has what was committed, and nothing else, after a kill and a restart', async () => {
    const { url } = cluster()
    await query(url, 'CREATE TABLE rows (id int)')
    await query(url, 'INSERT INTO rows VALUES (1)')
    const underWay = await connect(url)
    await underWay.query('BEGIN; INSERT INTO rows VALUES (2)')
    await cluster().kill9()
    expect(await canConnect(portOf(url))).to.equal(false)
    await cluster().restart()
    expect(await query(url, 'SELECT id FROM rows')).to.deep.equal([{ id: 1 }])
    await underWay.end()
  })

  it('asks for a password', async () => {
    const url = new URL(cluster().url)
    url.password = 'guessed'
    const failure = await query(url.href, 'SELECT 1').catch((error: unknown) => error)
    expect(failure).to.have.property('code', '28P01')
  })

  it('runs as the user nobody if the tests run as root, else as their user', () => {
    const { uid = process.getuid?.() } = findUser()
    expect(uid).not.to.equal(0)
    expect(statSync(`/proc/${cluster().pid()}`).uid).to.equal(uid)
  })

  it('gives the end of its log if it does not start, and leaves nothing', async () => {
    const { TMPDIR } = process.env
    const folder = await mkdtemp(join(tmpdir(), 'failing-test-'))
    await chmod(folder, 0o755)
    process.env.TMPDIR = folder
    try {
      const failure = await startCluster({ settings: { shared_buffers: 'few' } }).catch(String)
      expect(failure).to.match(/PostgreSQL did not start:\n.*parameter "shared_buffers": "few"/s)
      expect(await readdir(folder)).to.deep.equal([])
    } finally {
      if (TMPDIR === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = TMPDIR
      await rm(folder, { recursive: true })
    }
  })

  describe('that need not be durable', () => {
    let fast: Cluster
    before(async () => {
      fast = await startCluster({ settings: { max_connections: '7' } })
    })
    after(() => fast.stop())

    it('is fast, and takes other settings too', async () => {
      const settings = "SELECT current_setting('fsync') AS fsync, current_setting('max_connections') AS most"
      expect(await query(fast.url, settings)).to.deep.equal([{ fsync: 'off', most: '7' }])
      expect(await query(cluster().url, 'SHOW fsync')).to.deep.equal([{ fsync: 'on' }])
    })

    it('leaves no process, memory or folder when it is stopped, even if it is frozen', async () => {
      const client = await connect(fast.url)
      void client.query('SELECT pg_sleep(60)').catch(() => undefined)
      await expectNothingLeft(fast, () => void process.kill(fast.pid()!, 'SIGSTOP'))
    })
  })

  describe('that all suites of a process share', () => {
    const made: string[] = []

    describe('gives each suite', () => {
      const createOwn = usePostgres()

      it('separate databases', async () => {
        const [one, other] = [await createOwn(), await createOwn()]
        made.push(one, other)
        await query(one, 'CREATE TABLE rows AS SELECT 1 AS id')
        expect(await query(other, "SELECT to_regclass('rows') AS found")).to.deep.equal([{ found: null }])
      })

      it('a copy of a database, with what is in it', async () => {
        const template = await createOwn()
        await query(template, 'CREATE TABLE rows AS SELECT 1 AS id')
        const copy = await createOwn(template)
        await query(template, 'INSERT INTO rows VALUES (2)')
        made.push(copy, template)
        expect(await query(copy, 'SELECT id FROM rows')).to.deep.equal([{ id: 1 }])
      })
    })

    describe('gives the suite after that', () => {
      const createOwn = usePostgres()

      it('none of the databases before', async () => {
        const present = await query(await createOwn(), 'SELECT datname AS name FROM pg_database')
        const names = made.map((url) => new URL(url).pathname.slice(1))
        expect(names).to.have.length(4)
        expect(present.map(({ name }) => name)).not.to.include.oneOf(names)
      })
    })
  })

  describe('and its programs', function () {
    this.timeout(120_000)
    let folder: string
    let bin: string
    useAtLengthOnly()

    before(async function () {
      if (!existsSync(npmPackage)) markPending(this, 'npm has no PostgreSQL for this machine')
      folder = await mkdtemp(join(tmpdir(), 'programs-test-'))
      bin = join(folder, 'native/bin')
    })
    after(async () => {
      if (folder) await rm(folder, { recursive: true })
    })

    it('get the links that npm leaves out, also when called twice at the same time, and again', async () => {
      // Node's own takes half a minute for its thousands of small files on a busy machine.
      await run('cp', ['-a', `${npmPackage}/native`, folder])
      const libraries = join(folder, 'native/lib')
      for (const name of await linksOf(libraries)) await unlink(join(libraries, name))
      expect(await linksOf(libraries)).to.deep.equal([])

      await Promise.all([linkLibraries(folder), linkLibraries(folder)])
      await linkLibraries(folder)
      expect(await linksOf(libraries))
        .to.include('libicuuc.so.60')
        .and.to.have.length(14)
      expect((await run(join(bin, 'postgres'), ['--version'])).stdout).to.match(/^postgres \(PostgreSQL\) 18/)
    })

    it('are copied where only root can reach them', async function () {
      // mkdtemp makes a folder that is closed to others.
      if (process.getuid?.() !== 0)
        markPending(this, 'only root can hide programs from the server (run the test as root)')
      const programs = await findPrograms({ POSTGRES_BIN: bin })
      expect(programs).to.deep.equal({ bin, isOutOfReach: true })
      const cluster = await startCluster({ programs })
      expect(await query(cluster.url, 'SELECT 1 AS one')).to.deep.equal([{ one: 1 }])
      await cluster.stop()
      expect(existsSync(cluster.folder)).to.equal(false)
    })
  })

  describe('that is missing', () => {
    const missing =
      '/nowhere/postgres cannot be run: spawnSync /nowhere/postgres ENOENT ' +
      "(run npm ci on Linux x64, install Debian's postgresql, or set POSTGRES_BIN)"
    const aTest = [
      'node_modules/mocha/bin/mocha.js',
      'test/support/cutting-proxy.test.ts',
      '--grep=passes on queries',
    ]

    it('makes a suite pending, with the reason', async () => {
      const { code, stdout, stderr } = await runWithout(aTest)
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
      expect(stdout).to.contain(`1  test/support/cutting-proxy.test.ts: ${missing}\n`)
    })

    it('makes a suite fail if REQUIRE_POSTGRES=1', async () => {
      const { code, stdout } = await runWithout(aTest, { REQUIRE_POSTGRES: '1' })
      expect(code).to.equal(1)
      expect(stdout).to.contain(`REQUIRE_POSTGRES=1, but ${missing}`)
    })

    it('is not needed if JOURNAL_TEST_URL names a server', async () => {
      const { code, stdout } = await runWithout(aTest, { JOURNAL_TEST_URL: cluster().url })
      expect(code, stdout).to.equal(0)
      expect(stdout).to.contain('1 passing')
    })

    it('is reported by npm run postgres', async () => {
      expect(await runWithout([command])).to.deep.equal({ code: 1, stdout: '', stderr: `${missing}\n` })
    })
  })

  describe('that npm run postgres starts', () => {
    async function start() {
      const child = spawn(process.execPath, [command], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
      const [url] = (await once(createInterface(child.stdout), 'line')) as [string]
      const [{ data_directory: data }] = (await query(url, 'SHOW data_directory')) as [
        { data_directory: string },
      ]
      return { child, url, folder: dirname(data) }
    }

    it('prints the URL of a database, and ends on Ctrl-C', async () => {
      const { child, url, folder } = await start()
      child.kill('SIGINT')
      expect(await once(child, 'exit')).to.deep.equal([0, null])
      expect(await canConnect(portOf(url))).to.equal(false)
      expect(existsSync(folder)).to.equal(false)
    })

    it('leaves nothing when it is killed', async () => {
      const { child, url, folder } = await start()
      child.kill('SIGKILL')
      while ((await canConnect(portOf(url))) || existsSync(folder)) await pause(20)
    })
  })

  // The last test: it stops the server of all others.
  describe('that is stopped after a kill', () => {
    it('leaves no process, memory or folder', async () => {
      await expectNothingLeft(cluster(), () => cluster().kill9())
    })
  })
})

/** Stops the cluster. @param prepare what happens to it before */
async function expectNothingLeft(cluster: Cluster, prepare: () => Promise<void> | void) {
  const backends = await query(cluster.url, 'SELECT pid FROM pg_stat_activity')
  const pids = [cluster.pid(), ...backends.map(({ pid }) => pid)] as number[]
  expect(pids.filter(isAlive)).to.have.length.above(3)
  // PostgreSQL names its shared memory in the seventh line, by key and id.
  const pidFile = readFileSync(join(cluster.folder, 'data/postmaster.pid'), 'utf8')
  const memory = pidFile.split('\n')[6]?.trim().split(/\s+/)[1]
  expect(sharedMemory()).to.include(memory)
  await prepare()
  await cluster.stop()
  expect(pids.filter(isAlive)).to.deep.equal([])
  expect(sharedMemory()).not.to.include(memory)
  expect(existsSync(cluster.folder)).to.equal(false)
}

/** Runs a script with no PostgreSQL to be found. */
async function runWithout(words: string[], env: Record<string, string> = {}) {
  const options = { cwd: root, env: { ...processEnv(), POSTGRES_BIN: '/nowhere', ...env } }
  return run(process.execPath, words, options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      code,
      stdout,
      stderr,
    }),
  )
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  // Without this listener the stop of the server would end the process.
  client.on('error', () => undefined)
  await client.connect()
  return client
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = await connect(url)
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

const portOf = (url: string) => Number(new URL(url).port)

/** @returns the ids of all segments on this machine */
function sharedMemory(): string[] {
  const lines = readFileSync('/proc/sysvipc/shm', 'utf8').trim().split('\n').slice(1)
  return lines.map((line) => line.trim().split(/\s+/)[1] ?? '')
}

/** A zombie, which has ended and waits for its parent, is not alive. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

async function linksOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  return entries.filter((entry) => entry.isSymbolicLink()).map(({ name }) => name)
}

import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { demo } from '../simulators/core/demo-project.ts'
import { startCoreSimulator, type CoreSimulator } from '../simulators/core.ts'
import { createTill } from '../simulators/till.ts'
import { useAtLengthOnly } from '../support/at-length.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { useImage } from './image-for-tests.ts'
import { productionPackages, readLockfile } from './production.ts'
import { startContainer, type Container } from './start-container.ts'

const journal = 'var/lib/zonal-loyalty-adapter'
const given = { VERSION: '1.2.3', REVISION: 'a60a8ab', CREATED: '2026-11-25T12:00:00Z' }

describe('the image, built and run as the Dockerfile says,', function () {
  this.timeout(60_000)
  useRealSockets()
  useAtLengthOnly()
  const image = useImage(given)

  it('has the production packages, the built service and Node, and neither npm nor a shell', () => {
    const files = listFiles(image().root)
    const sizeOf = (folder: string) => megabytes(files.filter(({ path }) => path.startsWith(folder)))
    console.log(`      on top of its base: Node ${sizeOf('usr/local/')} MB, the service ${sizeOf('app/')} MB`)

    const paths = files.map(({ path }) => path)
    const packages = paths.flatMap((path) => /^app\/(node_modules\/.*)\/package\.json$/.exec(path)?.[1] ?? [])
    const expected = productionPackages(readLockfile())
    const installed = new Set(packages.map((path) => path.split('node_modules/').at(-1)))
    expect([...installed]).to.include.members(expected.map(({ name }) => name))
    const { packages: locked } = readLockfile()
    const unwanted = packages.filter((path) => {
      const entry = locked[path]
      return entry !== undefined && (entry.dev || entry.optional)
    })
    expect(unwanted).to.deep.equal([])

    expect(readdirSync(join(image().root, 'app'))).to.have.members([
      'compiled',
      'dist',
      'helm',
      'node_modules',
      'package.json',
    ])
    // What the console shows beside its own code.
    expect(readdirSync(join(image().root, 'app/helm'))).to.deep.equal(['runbooks'])
    expect(paths).to.include.members([
      'app/dist/console/assets/base.css',
      'app/dist/console/assets/style.css',
      'app/dist/console/assets/script.js',
    ])
    expect(paths.filter((path) => /\.[cm]?ts$|\btests?\b.*\.js$/.test(path))).to.deep.equal([])
    expect(paths.filter((path) => /(^|\/)(npm|npx|yarn|sh|bash)$/.test(path))).to.deep.equal([])
  })

  it("belongs to root, and nobody else may write to it except in the journal's folder", () => {
    for (const { path, uid, mode } of listEntries(image().root)) {
      if (path === journal || path === 'tmp') continue
      expect({ path, uid, writable: mode & 0o022 }).to.deep.equal({ path, uid: 0, writable: 0 })
    }
    const { uid, gid, mode } = lstatSync(join(image().root, journal))
    expect({ uid, gid, mode: mode & 0o777 }).to.deep.equal({ uid: 10001, gid: 10001, mode: 0o700 })
  })

  it('has labels that describe it', () => {
    expect(image().labels).to.include({
      'org.opencontainers.image.title': 'zonal-loyalty-adapter',
      'org.opencontainers.image.version': given.VERSION,
      'org.opencontainers.image.revision': given.REVISION,
      'org.opencontainers.image.created': given.CREATED,
    })
  })

  describe('and started on a read-only root file system,', () => {
    let core: CoreSimulator
    let container: Container
    let untouched: string[]
    before(async () => {
      core = await startCoreSimulator()
      untouched = listFiles(image().root).map(toLine)
      container = await startContainer(image(), { CORE_BASE_URL: core.url }, journal)
    })
    after(async () => {
      container?.kill()
      await core?.close()
    })

    it('is ready', async () => {
      const { status } = await fetch(`${container.managementUrl}/health/ready`)
      console.log(`      ready ${container.startedMs} ms after its start`)
      expect(status).to.equal(200)
    })

    it('is process 1, as a user without any capability', () => {
      expect(container.status('NSpid').split('\t')).to.deep.equal([String(container.pid), '1'])
      expect(container.status('Uid')).to.equal('10001\t10001\t10001\t10001')
      expect(container.status('Gid')).to.equal('10001\t10001\t10001\t10001')
      expect(container.status('Groups').trim()).to.equal('')
      expect(container.status('CapEff')).to.match(/^0+$/)
      expect(container.status('NoNewPrivs')).to.equal('1')
      expect(readFileSync(`/proc/${container.pid}/cmdline`, 'utf8')).to.equal('node\0dist/main.js\0')
    })

    it('serves tills', async () => {
      const { version } = JSON.parse(readFileSync(join(image().root, 'app/package.json'), 'utf8')) as Manifest
      expect(await (await fetch(container.url)).json()).to.deep.equal({
        service: 'zonal-loyalty-adapter',
        version,
      })
      const till = createTill({ baseUrl: container.url, venueId: demo.venueId, apiKey: demo.apiKey })
      const { reply } = await till.balance({ cardNumber: demo.cards.anna })
      expect(reply).to.include({ response: 'OK', points: 1250 })
      const bill = { ticketId: 'B-1', cardNumber: demo.cards.anna, closedAt: new Date(), total: 12.5 }
      expect((await till.ticket(bill)).reply).to.include({ accepted: true })
      const unread = await till.ticket({ ...bill, ticketId: 'B-2', total: Number.NaN })
      expect(unread.reply).to.include({ code: 'MESSAGE_INVALID' })
    })

    it("lets operators' commands run beside the service", async () => {
      const redemptions = await container.run(['node', 'dist/commands/redemptions.js', 'stuck'])
      expect(redemptions).to.deep.equal({ code: 0, stdout: 'nothing is stuck\n', stderr: '' })
      const letters = await container.run(['node', 'dist/commands/dead-letters.js', 'list'])
      expect(letters.stdout).to.match(/ 1902 +message +total /)
    })

    it("can write only to the journal's folder, even as root", async () => {
      const write = (folder: string) => [
        'node',
        '-e',
        `fs.writeFileSync('/${folder}/file', ''); fs.rmSync('/${folder}/file')`,
      ]
      for (const folder of ['app', 'app/dist', 'etc', 'root', 'tmp', 'usr/local/bin', 'var/lib', 'var/tmp']) {
        expect((await container.run(write(folder))).stderr, folder).to.match(/EROFS|EACCES/)
        expect((await container.run(write(folder), '0:0')).stderr, folder).to.contain('EROFS')
      }
      expect(await container.run(write(journal))).to.deep.equal({ code: 0, stdout: '', stderr: '' })
    })

    it('has room for the temporary files of SQLite', async () => {
      const spill = `
        const file = new (require('node:sqlite').DatabaseSync)(':memory:')
        file.exec('PRAGMA temp_store = FILE; PRAGMA cache_size = 10; PRAGMA cache_spill = 10; CREATE TEMP TABLE t (x)')
        file.exec("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO t SELECT hex(randomblob(500)) FROM n ORDER BY 1")`
      expect(await container.run(['node', '-e', spill])).to.deep.equal({ code: 0, stdout: '', stderr: '' })
    })

    it('names lines of src/ in stack traces', async () => {
      const fail = `import('/app/dist/config/config.js').then(({ readConfig }) => readConfig({ PORT: 'x' }))`
      expect((await container.run(['node', '-e', fail])).stderr).to.match(
        /at readConfig \(.*src\/config\/config\.ts:\d+/,
      )
    })

    it('starts with the code that V8 has cached', async () => {
      const start = `child_process.spawnSync(process.execPath, ['dist/main.js'],
        { env: { ...process.env, PORT: 'none', NODE_DEBUG_NATIVE: 'COMPILE_CACHE' }, stdio: 'inherit' })`
      const { stderr } = await container.run(['node', '-e', start])
      expect(stderr).to.contain('PORT must be')
      const files = [...stderr.matchAll(/V8 code cache for \S+ (?:file:\/\/)?\/app\/(\S+) was (\w+)/g)]
      expect(files.map(([, file]) => file)).to.include.members(['dist/main.js', 'dist/service.js'])
      for (const [, file, fate] of files) expect(fate, file).to.equal('accepted')
    })

    it('ends with 0 on SIGTERM', async () => {
      expect(await container.stop()).to.deep.equal([0, null])
    })

    it('has written nothing but its journal and its diary', () => {
      const isOfJournal = (line: string) => line.startsWith(`${journal}/`)
      const now = listFiles(image().root).map(toLine)
      expect(now.filter((line) => !isOfJournal(line))).to.deep.equal(untouched)
      for (const name of readdirSync(join(image().root, journal)))
        expect(name).to.match(/^journal\.sqlite(\.diary)?(-wal|-shm)?$|^journal\.sqlite\.(lock|owner)$/)
    })
  })
})

type Manifest = { version: string }
type Entry = { path: string; uid: number; size: number; mode: number; mtimeMs: number; isFile: boolean }

/** Files and folders, but for what a runtime puts there itself. */
function listEntries(root: string): Entry[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => !/^(dev|proc)(\/|$)/.test(path))
    .map((path) => ({ path, stats: lstatSync(join(root, path)) }))
    .filter(({ stats }) => !stats.isSymbolicLink())
    .map(({ path, stats }) => {
      const { uid, size, mode, mtimeMs } = stats
      return { path, uid, size, mode, mtimeMs, isFile: stats.isFile() }
    })
}

function listFiles(root: string): Entry[] {
  return listEntries(root).filter(({ isFile }) => isFile)
}

function toLine({ path, size, mtimeMs }: Entry): string {
  return `${path} ${size} ${mtimeMs}`
}

function megabytes(files: Entry[]): string {
  return (files.reduce((sum, { size }) => sum + size, 0) / 1e6).toFixed(1)
}

import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { journalEnv } from '../support/journal-url.ts'
import { startCluster } from '../support/postgres-cluster.ts'
import { startAdapter, startCore, type Adapter } from './adapter.ts'
import { runLoad } from './load.ts'
import * as messages from './messages.ts'
import { printTable } from './report.ts'

type Scenario = { url: (ours: Adapter) => string; body: string; modulo?: number; isOnPostgres?: boolean }

/**
 * `npm run profile -- SCENARIO …`: where the service's own CPU time goes under load, by package and by room of `src/`.
 * What Node and the engine do counts for the code that called them; the warm-up is left out.
 */
const scenarios: Record<string, Scenario> = {
  'pass-through': { url: (ours: Adapter) => ours.balanceUrl, body: messages.balance },
  memory: { url: (ours: Adapter) => ours.balanceUrl, body: messages.balance, modulo: 100 },
  debit: { url: (ours: Adapter) => ours.debitUrl, body: messages.debit },
  ticket: { url: (ours: Adapter) => ours.ticketUrl, body: messages.ticket },
  'debit-postgres': { url: (ours: Adapter) => ours.debitUrl, body: messages.debit, isOnPostgres: true },
}

type Node = { id: number; callFrame: { functionName: string; url: string }; children?: number[] }
type Profile = { nodes: Node[]; samples: number[]; timeDeltas: number[] }

const seconds = 20
const warmUpShare = 0.6
const remembered = { BALANCE_FRESH_MS: '3600000', BALANCE_STALE_MS: '3600000' }
const socketWrites = new Set(['writeUtf8String', 'writeLatin1String', 'writeBuffer', 'writev'])

async function profile(
  name: string,
  { url, body, modulo = Number.MAX_SAFE_INTEGER, isOnPostgres = false }: Scenario,
): Promise<[string, number][]> {
  const folder = mkdtempSync(join(tmpdir(), 'profile-'))
  const cluster = isOnPostgres ? await startCluster({ durable: true }) : undefined
  try {
    const core = await startCore(folder)
    const ours = await startAdapter('ours', {
      coreUrl: `${core.url}/v1`,
      folder,
      env: { ...(name === 'memory' && remembered), ...(cluster && journalEnv(cluster.url)) },
      nodeArgs: ['--cpu-prof', `--cpu-prof-dir=${folder}`],
    })
    await runLoad({ url: url(ours), body, connections: 32, seconds, first: 1, modulo }, {})
    await Promise.all([ours, core].map((program) => program.stop()))
    const [file = ''] = globSync(join(folder, '*.cpuprofile'))
    return shares(JSON.parse(readFileSync(file, 'utf8')) as Profile)
  } finally {
    await cluster?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @returns of the time in which something was done, the most first */
function shares({ nodes, samples, timeDeltas }: Profile): [string, number][] {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])))
  const first = Math.floor(samples.length * warmUpShare)
  const used = new Map<string, number>()
  for (const [index, id] of samples.slice(first).entries()) {
    const who = ownerOf(id)
    if (who !== '(idle)') used.set(who, (used.get(who) ?? 0) + (timeDeltas[first + index] ?? 0))
  }
  const all = used.values().reduce((sum, each) => sum + each, 0)
  return [...used].map(([who, time]): [string, number] => [who, time / all]).toSorted((a, b) => b[1] - a[1])

  function ownerOf(id: number): string {
    const leaf = byId.get(id)?.callFrame.functionName ?? ''
    if (socketWrites.has(leaf)) return 'writing to sockets'
    if (leaf === '(idle)' || leaf === '(garbage collector)') return leaf
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const url = byId.get(at)?.callFrame.url ?? ''
      const [, library, room] = /node_modules\/((?:@[^/]+\/)?[^/]+)|dist\/([^/.]+)/.exec(url) ?? []
      if (library ?? room) return library ?? `src/${room}`
    }
    return 'Node, its event loop and parser'
  }
}

const names = process.argv.slice(2)
const wanted = names.length > 0 ? names : Object.keys(scenarios)
execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
for (const name of wanted) {
  const scenario = scenarios[name]
  if (!scenario) throw new Error(`there are ${Object.keys(scenarios).join(', ')}, but not ${name}`)
  console.log(`\n${name}`)
  const lines = (await profile(name, scenario)).filter(([, share]) => share >= 0.01)
  printTable(
    ['', 'of its time'],
    lines.map(([who, share]) => [who, `${(share * 100).toFixed(1)} %`]),
  )
}

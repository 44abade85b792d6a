import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { readNodeSettings } from '../image/dockerfile.ts'
import { rssMb, startProgram, type Program } from '../bench/processes.ts'
import { startCoreSimulator } from '../simulators/core.ts'
import { demo, demoProject } from '../simulators/core/demo-project.ts'
import type { Project } from '../simulators/core/project.ts'
import { createTill } from '../simulators/till.ts'
import { attacks } from './attacker.ts'
import { startHonestTills, type Felt } from './honest.ts'
import { startHostileCore } from './hostile-core.ts'
import type { Target } from './target.ts'

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const honestCards = Array.from({ length: 20 }, (_, index) => `HONEST${1000 + index}`)
const otherKey = 'other-demo-write-key'
/** How long honest tills are watched before the first attack. */
const usualWatchMs = 3_000
/** How long they are watched after each attack: at least this long, and until its sockets are closed, with a limit. */
const calmMs = { least: 2_000, most: 3_000 }

/** Honest tills keep a few connections open. */
export const honestSockets = 40

export type Row = Felt & {
  attack: string
  what: string
  /** What the attackers report. */
  seen: string
  rssMb: number
  /** Open files of the service after the attack, above those before it. */
  socketsLeft: number
}
export type Report = { usualMs: number; rows: Row[]; restarts: number; canaries: string[] }

/**
 * Plays attacks against a built service with little memory, beside honest tills. Everything is on 127.0.0.1, and bounded in
 * count and time.
 *
 * @param names of the attacks; all of them if it is left out
 * @param scale 1 for all of each attack; less for a short form
 */
export async function runAttacks({
  names = Object.keys(attacks),
  scale,
}: {
  names?: string[]
  scale: number
}) {
  const folder = mkdtempSync(join(tmpdir(), 'attack-'))
  const core = await startCoreSimulator({ limit: 'off', projects: projects() })
  const hostile = await startHostileCore(core.url, otherKey)
  const service = await startService(folder, hostile.url)
  const login = { baseUrl: `${service.url}/zonal/v1`, venueId: demo.venueId, apiKey: demo.apiKey }
  const target: Target = {
    port: Number(new URL(service.url).port),
    login: `${demo.venueId}:${demo.apiKey}`,
    otherLogin: `${demo.venueId}:${otherKey}`,
    card: demo.cards.anna,
    scale,
  }
  try {
    // The other project is approved as well: the attacks try what an approved project can do.
    await createTill({ ...login, apiKey: otherKey }).balance({ cardNumber: demo.cards.ben })
    const usualMs = (await watch(login, () => pause(usualWatchMs))).slowestMs
    const rows: Row[] = []
    for (const attack of names) rows.push(await play(attack, service, login, target))
    return {
      usualMs,
      rows,
      restarts: isRunning(service) ? 0 : 1,
      canaries: findCanaries(folder),
    } satisfies Report
  } finally {
    await service.stop()
    await hostile.close()
    await core.close()
    rmSync(folder, { recursive: true })
  }
}

async function play(attack: string, service: Program, login: Login, target: Target): Promise<Row> {
  const filesBefore = countOpenFiles(service)
  const socketsLeft = () => countOpenFiles(service) - filesBefore
  let seen = ''
  let maxMb = 0
  const watchMemory = setInterval(() => (maxMb = Math.max(maxMb, rssMb(service))), 100)
  const felt = await watch(login, async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      here('attacker.ts'),
      attack,
      JSON.stringify(target),
    ])
    seen = stdout.trim()
    const endedMs = performance.now()
    await pause(calmMs.least)
    while (socketsLeft() > honestSockets && performance.now() - endedMs < calmMs.most) await pause(50)
  })
  clearInterval(watchMemory)
  return {
    attack,
    what: attacks[attack]?.what ?? '',
    ...felt,
    seen,
    rssMb: Math.round(maxMb),
    socketsLeft: socketsLeft(),
  }
}

type Login = { baseUrl: string; venueId: string; apiKey: string }

async function watch(login: Login, meanwhile: () => Promise<unknown>): Promise<Felt> {
  const end = startHonestTills(login, honestCards)
  await meanwhile()
  return await end()
}

function startService(folder: string, coreUrl: string): Promise<Program> {
  return startProgram({
    name: 'adapter',
    folder,
    args: ['--max-old-space-size=192', here('../../dist/main.js')],
    env: {
      HOST: '127.0.0.1',
      PORT: '0',
      MANAGEMENT_PORT: '0',
      CORE_BASE_URL: coreUrl,
      // Enough for honest tills, and little enough to be taken away.
      CORE_RATE_LIMIT: '480',
      JOURNAL_PATH: join(folder, 'journal.sqlite'),
      CAPTURE_DIR: join(folder, 'captured'),
      ...readNodeSettings(),
    },
  })
}

/** One chain with the guests of honest tills, and another that shares the adapter. */
function projects(): Project[] {
  const crown = demoProject(Date.now())
  const [template] = crown.cards
  const guests = honestCards.map((id) => ({ ...template!, id, coupons: [] }))
  const other = { ...structuredClone(crown), name: 'Another chain', keys: { [otherKey]: 'write' as const } }
  return [{ ...crown, cards: [...crown.cards, ...guests] }, other]
}

function isRunning({ pid }: Program): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function countOpenFiles({ pid }: Program): number {
  return isRunning({ pid } as Program) ? readdirSync(`/proc/${pid}/fd`).length : 0
}

/** @returns the files that contain a secret that should be in none */
function findCanaries(folder: string): string[] {
  const secrets = [
    demo.apiKey,
    Buffer.from(`${demo.venueId}:${demo.apiKey}`).toString('base64'),
    demo.cards.anna,
    'Kovac',
  ]
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const text = readFileSync(join(entry.parentPath, entry.name), 'latin1').toLowerCase()
      return secrets
        .filter((secret) => text.includes(secret.toLowerCase()))
        .map((secret) => `${secret} in ${entry.name}`)
    })
}

import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { diaryPathOf } from '../../src/diary/sqlite/store.ts'
import { createSpotter } from '../../src/model/secret-spotter.ts'
import { toEvent } from '../../src/tickets/event.ts'
import type { Dialect } from '../../src/zonal/dialect.ts'
import { startCoreSimulator } from '../simulators/core.ts'
import { startOtlpReceiver } from '../support/otlp/receiver.ts'
import type { Project } from '../simulators/core/project.ts'
import { filesOf } from '../support/files-of.ts'
import { readJournal } from '../support/read-journal.ts'
import { startTestService } from '../support/test-service.ts'
import { canary, type Placement } from './canary-placements.ts'
import { readConsole, viewers } from './read-console.ts'

/** Some cores build their ids from the card. */
export const couponOfCard = `uc-${canary.card}-1`

const project: Project = {
  name: 'canaries',
  keys: { [canary.apiKey]: 'write' },
  venues: [
    {
      id: '5b1e7a52-0001-4c7e-9a01-000000000001',
      name: 'The Cage',
      slug: 'the-cage',
      currency: 'GBP',
      params: { aztecVenueId: '1902' },
    },
  ],
  cards: [
    {
      id: canary.card,
      member: { id: '0b6f', first_name: canary.firstName, last_name: canary.lastName, is_blocked: false },
      wallet: { id: 'w', name: 'Points', points: 500 },
      coupons: [
        {
          id: couponOfCard,
          status: 'activated',
          valid_until: null,
          coupon: {
            id: 'c-1',
            name: `Coffee for ${canary.card}`,
            type: 'GENERAL',
            points: null,
            is_enabled: true,
            params: { aztecEntityCode: '10000000123' },
          },
        },
      ],
    },
  ],
}

export type CanaryService = Awaited<ReturnType<typeof startCanaryService>>

/** A service that captures everything, with a core that has one member. */
export async function startCanaryService(dialects?: readonly Dialect[]) {
  const captureDir = mkdtempSync(join(tmpdir(), 'captures-'))
  const core = await startCoreSimulator({ projects: [project], limit: 'off' })
  const collector = await startOtlpReceiver()
  const env = {
    CORE_BASE_URL: core.url,
    CAPTURE_DIR: captureDir,
    CARD_PREFIXES: 'LOY-',
    // Each message asks the core for all that it needs, as if it were the first.
    VENUE_FRESH_MS: '0',
    BALANCE_FRESH_MS: '0',
    GUESSES_PER_ADDRESS: '100000',
    GUESSES_IN_ALL: '100000',
    // So that a `traceparent` is read too.
    TRUSTED_PROXIES: '1',
    CONSOLE_PORT: '0',
    CONSOLE_USERS: viewers,
    ...collector.env,
  }
  const service = await startTestService(env, { dialects })

  /** Stops it. */
  async function collect() {
    const page = async (path: string) => (await fetch(service.managementUrl + path)).text()
    const pages = [await page('/metrics'), await page('/health/ready')]
    const shown = await readConsole(service)
    const open = filesOf(service.folder)
    const letters = await readJournal(service, (journal) => journal.deadLetters())
    const events = await readJournal(service, (journal) => journal.waitingTickets(1000))
    const kafka = events.map((waiting) => {
      const { key, headers } = toEvent(waiting, { venueParameter: 'aztecVenueId' })
      return JSON.stringify({ key, headers })
    })
    await service.stop()
    using diary = new DatabaseSync(diaryPathOf(service.journalPath), { readOnly: true })
    const entries = diary.prepare('SELECT * FROM entries').all()
    return {
      log: service.rawLines,
      pages,
      console: shown,
      journal: [...open, ...filesOf(service.folder)],
      diary: entries.map((entry) => JSON.stringify(entry)),
      'dead letters': letters.map((letter) => JSON.stringify(letter)),
      captures: filesOf(captureDir),
      kafka,
      // What spans say, and the bytes as they came.
      traces: collector.spans.map((span) =>
        JSON.stringify(span, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
      ),
      exports: collector.requests.map(({ body }) => body.toString('latin1')),
    }
  }

  return {
    core,
    service,
    /** @returns all that leaves the service but for the core's calls, the till's answers and the events' values */
    collect,

    /**
     * Sends requests with one secret in them, and looks for the secret, in any spelling, wherever it may have gone.
     * @returns for each of them where the secret was found, in any spelling or in its own: nothing if it is nowhere
     */
    async send(placements: Placement[]): Promise<(placement: Placement) => string[]> {
      for (const placement of placements) {
        const answer = await send(service.url, placement)
        if (placement.code !== undefined) expect(answer).to.include(`"code":"${placement.code}"`)
      }
      const collected = await collect()
      expect(collected.captures, 'captures').to.have.lengthOf.at.least(placements.length)
      return look(collected, placements[0]!.secret)
    },

    async end() {
      core.faults.clear()
      await service.end()
      await core.close()
      await collector.close()
      rmSync(captureDir, { recursive: true })
    },
  }
}

/** @returns what a placement left somewhere, with the place */
function look(collected: Record<string, string[]>, secret: string): (placement: Placement) => string[] {
  const isSpotted = createSpotter(secret)
  const texts = Object.entries(collected).flatMap(([place, seen]) =>
    seen.map((text) => ({
      said: `in ${place}: ${text.slice(0, 2000)}`,
      lower: text.toLowerCase(),
      // In a file, random bytes may match by chance.
      has: place === 'journal' || place === 'exports' ? text.includes(secret) : isSpotted(text),
    })),
  )
  const secrets = texts.filter(({ has }) => has).map(({ said }) => said)
  return ({ spelled }) => [
    ...secrets,
    ...texts
      .filter(({ lower }) => lower.includes(spelled.toLowerCase()))
      .map(({ said }) => `spelled so ${said}`),
  ]
}

/** Exactly as it is: `fetch` would refuse or rewrite some of it. */
function send(baseUrl: string, { path, method, headers, body }: Placement): Promise<string> {
  const { hostname, port, pathname } = new URL(baseUrl)
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path: pathname + path, headers, agent: false }, (answer) =>
      resolve(text(answer)),
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

import { expect } from 'chai'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCoreSimulator } from '../simulators/core.ts'
import type { Project } from '../simulators/core/project.ts'
import { basic } from '../simulators/till/encode.ts'
import { createTill } from '../simulators/till.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { startTestService } from '../support/test-service.ts'

/** Nobody may find these anywhere but on the way to the till and to the core. */
const canary = {
  card: 'CANARYCARD7731',
  apiKey: 'canary-api-key-5520',
  firstName: 'Canaria',
  lastName: 'Featherstonehaugh',
}
const mayBeSeen = canary.card.slice(-4)

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
      coupons: [],
    },
  ],
}

describe('the card number, the API key and the member name', () => {
  useRealSockets()

  it('are in no log line, metric, health answer, capture or file, whatever goes wrong', async () => {
    const captureDir = mkdtempSync(join(tmpdir(), 'captures-'))
    const core = await startCoreSimulator({ projects: [project], limit: 'off' })
    const service = await startTestService({ CORE_BASE_URL: core.url, CAPTURE_DIR: captureDir })
    const till = createTill({ baseUrl: service.url, venueId: '1902', apiKey: canary.apiKey })
    const card = { cardNumber: canary.card, accountNumber: 'A-1' }
    const authorization = basic({ venueId: '1902', apiKey: canary.apiKey })
    const json = { 'content-type': 'application/json' }
    try {
      expect((await till.balance(card)).text)
        .to.include(canary.card)
        .and.to.include(`${canary.firstName} F.`)
      for (const kind of ['500', 'garbage', 'reset', 'html', 'truncated', 'redirect', 'refusal'] as const)
        for (const operation of ['card', 'debit', 'credit'] as const) {
          core.faults.next({ operation, kind })
          await till.balance(card)
          await till.debit({ ...card, transactionId: `T-${kind}`, points: 1 })
          await till.credit({ ...card, originalTransactionId: `T-${kind}` })
        }
      await till.ticket({ ...card, ticketId: 'B-1', closedAt: new Date(), total: 5, currency: 'GBP' })
      for (const body of [
        `{"cardNumber":"${canary.card}","password":"${canary.apiKey}"`,
        `{"cardNumber":["${canary.card}"],"ticketId":"B-2"}`,
        `{"cardNumber":"${canary.card}","CardNumber":"${canary.lastName}"}`,
        `"${canary.card}"`,
      ])
        for (const path of ['/ticket', '/balance', ''])
          await till.raw({ path, headers: { ...json, authorization }, body })
      await till.raw({ path: `/${canary.card}`, headers: { ...json, authorization }, body: '{}' })
      await core.goAway()
      await till.debit({ ...card, transactionId: 'T-away', points: 1 })

      const seen = [
        ...service.rawLines,
        await (await fetch(`${service.managementUrl}/metrics`)).text(),
        await (await fetch(`${service.managementUrl}/health/ready`)).text(),
        ...filesOf(service.folder),
      ]
      await service.stop()
      seen.push(...filesOf(service.folder), ...filesOf(captureDir))
      expect(service.rawLines.join('')).to.include(mayBeSeen)
      expect(filesOf(captureDir)).to.not.be.empty
      for (const text of seen)
        for (const secret of [
          canary.card,
          canary.apiKey,
          canary.lastName,
          canary.firstName,
          authorization.slice(6),
        ])
          expect(text.includes(secret), `${secret} in ${text.slice(0, 300)}`).to.equal(false)
    } finally {
      core.faults.clear()
      await service.end()
      await core.close()
      rmSync(captureDir, { recursive: true })
    }
  })
})

function filesOf(folder: string): string[] {
  return readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'))
}

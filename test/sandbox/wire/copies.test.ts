import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { replay } from '../../contracts/replay.ts'
import { demo } from '../../simulators/core/demo-project.ts'
import { createTill, type TillAnswer } from '../../simulators/till.ts'
import { pendingWithoutKafka } from '../../support/kafka-for-tests.ts'
import { markPending } from '../../support/mark-pending.ts'
import { checkout } from '../checkout.ts'
import { startWorld, type World } from '../world.ts'
import { fileOf, toCurl, toRecording } from './copies.ts'
import type { Entry } from './wire.ts'

const run = promisify(execFile)

describe('an exchange with the sandbox', function () {
  this.timeout(120_000)
  let world: World
  before(async function () {
    await pendingWithoutKafka(this)
    world = await startWorld({ kafka: true })
    const till = createTill({ baseUrl: world.url, venueId: demo.venueId, apiKey: demo.apiKey })
    let answer: TillAnswer | undefined
    for (const { play } of checkout) answer = await play(till, answer)
    const bill = world.wire.entries.at(-1)
    await untilStep(bill!, 'event')
  })
  after(() => world?.stop(false))

  async function untilStep(entry: Entry, kind: string) {
    const came = Promise.withResolvers<void>()
    world.wire.events.on('step', (_, step) => step.kind === kind && came.resolve())
    if (!entry.steps.some((step) => step.kind === kind)) await came.promise
  }

  it('is a recording that shows no differences when it is replayed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'copied-'))
    try {
      const { entries } = world.wire
      expect(entries).to.have.length(checkout.length)
      for (const entry of entries)
        writeFileSync(join(folder, `${fileOf(entry)}.json`), JSON.stringify(toRecording(entry, entries)))
      const lines: string[] = []
      expect(await replay([folder], (line) => lines.push(line)), lines.join('\n')).to.equal(0)
      expect(lines.filter((line) => line.startsWith('same'))).to.have.length(checkout.length)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('is a curl line that sends it again', async function () {
    await run('curl', ['--version']).catch(() => markPending(this, 'curl cannot be run'))
    const bill = world.wire.entries.find(({ operation }) => operation === 'ticket')
    const { stdout } = await run('sh', ['-c', toCurl(bill!, new URL(world.url).origin)])
    expect(stdout).to.contain('"ticketId":"B-77","accepted":true,"duplicate":true')
  })

  it('has no key in its curl line that is not of the simulated core', () => {
    const request = {
      method: 'POST',
      path: '/zonal/v1/balance',
      headers: { authorization: `Basic ${btoa('1902:a-real-key')}` },
      body: `{"name":"O'Hara"}`,
    }
    const line = toCurl({ id: 1, atMs: 0, operation: 'balance', request, steps: [] }, 'http://127.0.0.1:1')
    expect(line).to.equal(
      `curl -s -u "$ADAPTER_VENUE:$ADAPTER_KEY" 'http://127.0.0.1:1/zonal/v1/balance' --data-raw '{"name":"O'\\''Hara"}'`,
    )
  })
})

import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { startCoreSimulator } from '../simulators/core.ts'
import { demo } from '../simulators/core/demo-project.ts'
import { createTill } from '../simulators/till.ts'
import { startAdapterProcess } from '../support/adapter-process.ts'
import { markPending } from '../support/mark-pending.ts'
import { useRealSockets } from '../support/real-sockets.ts'

const run = promisify(execFile)

/**
 * A full disk, as the service sees one: the system lets none of its files grow any more. Only Linux can set another
 * process's limits.
 */
const limitFiles = (pid: number | undefined, limit: string) =>
  run('prlimit', ['--pid', String(pid), `--fsize=${limit}:unlimited`])

describe('a full disk', () => {
  useRealSockets()
  before(async function () {
    await run('prlimit', ['--version']).catch(() =>
      markPending(this, 'prlimit cannot be run (it is in util-linux)'),
    )
  })

  it('costs no ticket that was answered OK, and the service recovers by itself', async function () {
    this.timeout(30_000)
    const folder = mkdtempSync(join(tmpdir(), 'full-disk-'))
    const core = await startCoreSimulator({ limit: 'off' })
    const adapter = await startAdapterProcess({
      CORE_BASE_URL: core.url,
      JOURNAL_PATH: join(folder, 'journal.sqlite'),
    })
    const till = createTill({ baseUrl: adapter.url, venueId: demo.venueId, apiKey: demo.apiKey })
    const items = Array.from({ length: 100 }, (_, index) => ({ id: String(index), name: 'x'.repeat(200) }))
    let tickets = 0
    const sendTicket = () =>
      till.ticket({ ticketId: `B-${++tickets}`, closedAt: new Date(), total: 5, currency: 'GBP', items })
    const health = async () =>
      (await (await fetch(`${adapter.managementUrl}/health/ready`)).json()) as Record<string, string>
    const told = () => adapter.lines.filter(({ kind }) => kind === 'unwritable').map(({ level }) => level)
    try {
      await limitFiles(adapter.pid, '1000000')
      let answer = await sendTicket()
      let taken = 0
      for (; answer.status === 200; answer = await sendTicket()) taken++
      expect(taken).to.be.above(5)
      expect([answer.status, answer.reply.code]).to.deep.equal([503, 'STORAGE_UNAVAILABLE'])
      // A redemption is smaller, so it may still fit when a ticket does not.
      await limitFiles(adapter.pid, '1')
      const debit = { cardNumber: demo.cards.anna, accountNumber: 'A-1', rewardId: demo.coupons.coffee }
      expect((await till.debit(debit)).reply.code).to.equal('STORAGE_UNAVAILABLE')
      expect((await till.balance({ cardNumber: demo.cards.anna })).reply).to.include({ response: 'OK' })
      expect(await health())
        .to.include({ status: 'ready' })
        .and.to.have.property('journal')
        .that.matches(/^unavailable: /)

      const ends = () => told().filter((level) => level === 'info').length
      const endsBefore = ends()
      await limitFiles(adapter.pid, 'unlimited')
      // No till sends anything meanwhile: it finds out by itself.
      await adapter.line(() => ends() > endsBefore)
      expect(await health()).to.include({ journal: 'ok' })
      expect((await till.debit(debit)).reply).to.include({ response: 'OK' })
      const page = await (await fetch(`${adapter.managementUrl}/metrics`)).text()
      expect(page).to.match(new RegExp(`^zonal_tickets_waiting ${taken}$`, 'm'))
      expect(core.calls.filter(({ method }) => method === 'POST')).to.have.length(1)
      // A small write may fit between two that do not, so the trouble may begin again; each time it also ends.
      expect(told().join()).to.match(/^error,info(,error,info)*$/)
    } finally {
      await limitFiles(adapter.pid, 'unlimited')
      await adapter.stop()
      await core.close()
      await rm(folder, { recursive: true, force: true })
    }
  })
})

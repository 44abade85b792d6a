import { expect } from 'chai'
import {
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCoreSimulator, type CoreSimulator } from '../simulators/core.ts'
import { demo } from '../simulators/core/demo-project.ts'
import { createTill } from '../simulators/till.ts'
import { startAdapterProcess } from '../support/adapter-process.ts'
import { beginTogether } from '../support/begin-together.ts'
import { useRealSockets } from '../support/real-sockets.ts'

const closedAt = new Date()

describe('the journal of a running service', () => {
  useRealSockets()
  let core: CoreSimulator
  const services = new Set<AsyncDisposable>()
  before(async () => {
    core = await startCoreSimulator({ limit: 'off' })
  })
  after(async () => {
    await Promise.all([...services].map((service) => service[Symbol.asyncDispose]()))
    await core.close()
  })

  /** A service with a journal of its own, which holds the ticket B-0. */
  async function open() {
    const folder = mkdtempSync(join(tmpdir(), 'lost-file-test-'))
    const path = join(folder, 'journal.sqlite')
    const start = (journalPath = path) =>
      startAdapterProcess({ CORE_BASE_URL: core.url, JOURNAL_PATH: journalPath })
    const service = {
      path,
      adapter: await start(),
      start,
      till: () => createTill({ baseUrl: service.adapter.url, venueId: demo.venueId, apiKey: demo.apiKey }),
      ticket: (ticketId: string) => service.till().ticket({ ticketId, closedAt, total: 5, currency: 'GBP' }),
      trouble: () =>
        service.adapter.line(({ msg, kind }) => msg === 'trouble with the journal' && kind === 'lost'),
      async [Symbol.asyncDispose]() {
        services.delete(service)
        await service.adapter.kill9()
        rmSync(folder, { recursive: true })
      },
    }
    services.add(service)
    expect((await service.ticket('B-0')).reply).to.include({ response: 'OK' })
    return service
  }

  // Every till heard OK, and after the next start the journal was empty.
  const losses = {
    deleted: { lose: (path: string) => rmSync(path), reason: /file is gone/ },
    'moved away': { lose: (path: string) => renameSync(path, `${path}.moved`), reason: /file is gone/ },
    replaced: {
      lose: (path: string) => {
        copyFileSync(path, `${path}.copy`)
        renameSync(`${path}.copy`, path)
      },
      reason: /file was replaced/,
    },
    emptied: { lose: (path: string) => truncateSync(path), reason: /file was cut short/ },
    overwritten: {
      lose: (path: string) => writeFileSync(path, Buffer.alloc(1_000_000, 'x')),
      reason: /file was overwritten/,
    },
    'without its log': { lose: (path: string) => rmSync(`${path}-wal`), reason: /log is gone/ },
  }
  type Loss = keyof typeof losses

  // A service looks at its file every five seconds, so they all lose theirs at the same time.
  const afterLoss = beginTogether(Object.keys(losses) as Loss[], async (what) => {
    const service = await open()
    losses[what].lose(service.path)
    await service.trouble()
    return service
  })
  const afterReturn = beginTogether(['moved away and back'], async () => {
    const service = await open()
    renameSync(service.path, `${service.path}.moved`)
    await service.trouble()
    renameSync(`${service.path}.moved`, service.path)
    await service.adapter.line(
      ({ msg, kind }) => msg === 'the trouble with the journal is over' && kind === 'lost',
    )
    return service
  })

  for (const [what, { reason }] of Object.entries(losses))
    it(`is found to be ${what}: tickets and debits are refused, and balances are served`, async () => {
      await using service = await afterLoss(what as Loss)
      expect((await service.trouble()).reason).to.match(reason)
      const debit = { cardNumber: demo.cards.anna, accountNumber: 'A-1', rewardId: demo.coupons.coffee }
      for (const { status, reply } of [await service.ticket('B-1'), await service.till().debit(debit)])
        expect([status, reply.code]).to.deep.equal([503, 'STORAGE_UNAVAILABLE'])
      expect((await service.till().balance({ cardNumber: demo.cards.anna })).reply).to.include({
        response: 'OK',
      })
    })

  it('is used again once it was moved away and back', async () => {
    await using service = await afterReturn('moved away and back')
    expect((await service.ticket('B-1')).reply).to.include({ response: 'OK' })
  })

  // SQLite has this file mapped: the system ended the process with SIGBUS, and nothing in the log said why.
  it('ends the process with a log line if the index of its log is truncated', async () => {
    await using service = await open()
    truncateSync(`${service.path}-shm`)
    expect(await service.adapter.exited).to.deep.equal({ code: 1, signal: null })
    await service.adapter.line(({ msg }) => msg === 'ended by an uncaught error')
    service.adapter = await service.start()
    expect((await service.ticket('B-0')).reply, 'nothing is lost').to.include({ duplicate: true })
  })

  describe('has one owner,', () => {
    for (const [what, linkTo] of [
      ['the same path', undefined],
      ['a link to it', (path: string) => symlinkSync(path, `${path}.link`)],
    ] as const)
      it(`so a second service on ${what} does not start, and says who has it`, async () => {
        await using service = await open()
        const { adapter, path, start, ticket } = service
        linkTo?.(path)
        const failure = await start(linkTo ? `${path}.link` : path).then(
          () => 'it started',
          (error: unknown) => String(error),
        )
        expect(failure).to.match(new RegExp(`JournalInUse: .*in use by process ${adapter.pid} on`))
        expect((await ticket('B-1')).reply, 'the first service keeps running').to.include({ response: 'OK' })
      })

    it('and is free as soon as its owner has ended, however it ended', async () => {
      await using service = await open()
      for (const end of [service.adapter.kill9, () => service.adapter.stop()]) {
        await end()
        service.adapter = await service.start()
      }
      expect((await service.ticket('B-0')).reply).to.include({ duplicate: true })
    })
  })
})

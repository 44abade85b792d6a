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
import { startAdapterProcess, type AdapterProcess } from '../support/adapter-process.ts'
import { useRealSockets } from '../support/real-sockets.ts'

describe('the journal of a service that runs', () => {
  useRealSockets()
  let folder: string
  let path: string
  let core: CoreSimulator
  let adapter: AdapterProcess
  const start = (journalPath = path) =>
    startAdapterProcess({ CORE_BASE_URL: core.url, JOURNAL_PATH: journalPath })
  const till = () => createTill({ baseUrl: adapter.url, venueId: demo.venueId, apiKey: demo.apiKey })
  const ticket = (ticketId: string) => till().ticket({ ticketId, closedAt, total: 5, currency: 'GBP' })

  const closedAt = new Date()

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lost-file-test-'))
    path = join(folder, 'journal.sqlite')
    core = await startCoreSimulator({ limit: 'off' })
    adapter = await start()
    expect((await ticket('B-0')).reply.response).to.equal('OK')
  })
  afterEach(async () => {
    await adapter.kill9()
    await core.close()
    rmSync(folder, { recursive: true })
  })

  // Every till heard OK, and after the next start there was nothing.
  const losses: [what: string, lose: () => void, reason: RegExp][] = [
    ['deleted', () => rmSync(path), /file is gone/],
    ['moved away', () => renameSync(path, `${path}.moved`), /file is gone/],
    [
      'replaced',
      () => {
        copyFileSync(path, `${path}.copy`)
        renameSync(`${path}.copy`, path)
      },
      /file was replaced/,
    ],
    ['emptied', () => truncateSync(path), /file was cut short/],
    ['overwritten', () => writeFileSync(path, Buffer.alloc(1_000_000, 'x')), /file was overwritten/],
    ['without its log', () => rmSync(`${path}-wal`), /log is gone/],
  ]
  for (const [what, lose, reason] of losses)
    it(`is known to be ${what}: no ticket and no debit is promised any more, and balances are served`, async () => {
      lose()
      const trouble = await adapter.line(
        ({ msg, kind }) => msg === 'trouble with the journal' && kind === 'lost',
      )
      expect(trouble.reason).to.match(reason)
      const debit = { cardNumber: demo.cards.anna, accountNumber: 'A-1', rewardId: demo.coupons.coffee }
      for (const { status, reply } of [await ticket('B-1'), await till().debit(debit)])
        expect([status, reply.code]).to.deep.equal([503, 'STORAGE_UNAVAILABLE'])
      expect((await till().balance({ cardNumber: demo.cards.anna })).reply.response).to.equal('OK')
    })

  it('is trusted again when it was only moved away and back', async () => {
    renameSync(path, `${path}.moved`)
    await adapter.line(({ msg, kind }) => msg === 'trouble with the journal' && kind === 'lost')
    renameSync(`${path}.moved`, path)
    await adapter.line(({ msg, kind }) => msg === 'the trouble with the journal is over' && kind === 'lost')
    expect((await ticket('B-1')).reply.response).to.equal('OK')
  })

  // SQLite has this file mapped: the system ended the process with SIGBUS, and no line said why.
  it('ends the process with a line when the index of its log is cut', async () => {
    truncateSync(`${path}-shm`)
    expect(await adapter.exited).to.deep.equal({ code: 1, signal: null })
    await adapter.line(({ msg }) => msg === 'ended by an error that nobody caught')
    adapter = await start()
    expect((await ticket('B-0')).reply.duplicate, 'nothing is lost').to.equal(true)
  })

  describe('has one owner', () => {
    for (const [what, pathOf] of [
      ['the same path', () => path],
      [
        'a link to it',
        () => {
          symlinkSync(path, `${path}.link`)
          return `${path}.link`
        },
      ],
    ] as const)
      it(`so a second service on ${what} does not start, and says who has it`, async () => {
        const failure = await start(pathOf()).then(
          () => '',
          (error: unknown) => String(error),
        )
        expect(failure).to.match(new RegExp(`JournalInUse: .*in use by process ${adapter.pid} on`))
        expect((await ticket('B-1')).reply.response, 'the first goes on').to.equal('OK')
      })

    it('and is free as soon as that has ended, however it ended', async () => {
      for (const end of [adapter.kill9, () => adapter.stop()]) {
        await end()
        adapter = await start()
      }
      expect((await ticket('B-0')).reply.duplicate).to.equal(true)
    })
  })
})

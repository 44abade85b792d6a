import { expect } from 'chai'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAdapterProcess, type AdapterProcess } from '../support/adapter-process.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { readCounter } from './raw-client.ts'

const senders = 9
const requests = 40_000

/**
 * Story: nine connections asked for the address 40,000 times each, one request behind the other, and read no answer. All
 * requests were begun at once, and the process ran out of memory.
 */
describe('answers that nobody reads', () => {
  useRealSockets()
  let folder: string
  let adapter: AdapterProcess
  const sockets: Socket[] = []
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'unread-test-'))
    adapter = await startAdapterProcess({
      CORE_BASE_URL: 'http://127.0.0.1:9',
      JOURNAL_PATH: join(folder, 'journal.sqlite'),
      NODE_OPTIONS: '--max-old-space-size=192',
    })
  })
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    await adapter.kill9()
    rmSync(folder, { recursive: true })
  })

  for (const [port, path] of [
    ['port', '/zonal/v1'],
    ['managementPort', '/metrics'],
  ] as const)
    it(`close their connections, and do not end the process (${port})`, async () => {
      const many = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(requests))
      for (let sender = 0; sender < senders; sender++) {
        const socket = connect(adapter[port], '127.0.0.1').pause()
        sockets.push(socket)
        socket.on('error', () => undefined)
        await once(socket, 'connect')
        socket.write(many)
      }
      const endedAll = adapter.line(() => countEnded() === senders)
      expect(await Promise.race([endedAll, adapter.exited])).to.include({ reason: 'pipelined' })
      expect((await fetch(adapter.url)).status).to.equal(200)
      const series = 'zonal_connections_ended_total{reason="pipelined"}'
      expect(await readCounter(adapter.managementUrl, series)).to.equal(senders)
    })

  const countEnded = () => adapter.lines.filter(({ reason }) => reason === 'pipelined').length
})

import { expect } from 'chai'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { readConfig } from '../../src/config/config.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createService } from '../../src/service.ts'
import { useRealSockets } from '../support/real-sockets.ts'

describe('a service that is stopped while it starts', () => {
  useRealSockets()
  let folder: string
  let kafka: Server
  let kafkaConnections = 0
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stop-while-starting-'))
    kafkaConnections = 0
    kafka = createServer((socket) => {
      kafkaConnections++
      socket.destroy()
    }).listen(0, '127.0.0.1')
    await once(kafka, 'listening')
  })
  afterEach(async () => {
    await once(kafka.close(), 'close')
    rmSync(folder, { recursive: true })
  })

  async function create() {
    const lines: string[] = []
    const config = readConfig({
      HOST: '127.0.0.1',
      PORT: '0',
      MANAGEMENT_PORT: '0',
      JOURNAL_PATH: join(folder, 'journal.sqlite'),
      CORE_BASE_URL: 'http://127.0.0.1:9',
      DRAIN_DELAY_MS: '0',
      KAFKA_BROKERS: `127.0.0.1:${(kafka.address() as AddressInfo).port}`,
    })
    const log = createLogger('debug', { write: (line: string) => void lines.push(line) })
    return { service: await createService(config, { log, version: '0.0.0-test' }), lines }
  }
  /** Of this process, whatever port they are on. */
  const listeners = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length

  // The start overtook the stop: the service listened and was ready, with a closed journal.
  it('is never ready, listens nowhere and does nothing once it has stopped, whenever it was stopped', async () => {
    const listenersBefore = listeners()
    let stopsInTime = 0
    for (let turns = 0; ; turns++) {
      const { service, lines } = await create()
      let isReady = false
      const started = service.start().then((listening) => (isReady = listening !== undefined))
      for (let turn = 0; turn < turns; turn++) await setImmediate()
      const isTooLate = isReady
      if (isTooLate) expect(listeners(), 'both ports, once it listens').to.equal(listenersBefore + 2)
      await service.stop()
      if (isTooLate) break
      stopsInTime++
      const when = `stopped after ${turns} turns of the event loop`
      expect(await started, when).to.equal(false)
      expect(listeners(), when).to.equal(listenersBefore)
      // What had been started would by now have asked Kafka or the closed journal.
      for (let turn = 0; turn < 10; turn++) await setImmediate()
      expect(kafkaConnections, when).to.equal(0)
      expect(lines, when).to.deep.equal([])
    }
    expect(stopsInTime).to.be.above(0)
  })

  it('cannot be started once it was stopped', async () => {
    const listenersBefore = listeners()
    const { service } = await create()
    await service.stop()
    expect(await service.start()).to.equal(undefined)
    expect(listeners()).to.equal(listenersBefore)
  })
})

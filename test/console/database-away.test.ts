import { expect } from 'chai'
import { startCuttingProxy } from '../support/cutting-proxy.ts'
import { journalEnv } from '../support/journal-url.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { openTestConsole } from './open-console.ts'

describe('the console while its database is away', function () {
  this.timeout(60_000)
  useRealSockets()
  const makeDatabase = usePostgres()

  it('says so with 503, still shows the overview, and works again once it is back', async () => {
    const proxy = await startCuttingProxy(await makeDatabase())
    const test = await openTestConsole(journalEnv(proxy.url))
    try {
      proxy.refuse()
      proxy.cut()
      for (const path of ['/bills/1902/5001', '/redemptions', '/dead-letters', '/audit']) {
        const { status, json } = await test.ask(path)
        expect(status, path).to.equal(503)
        expect(json.error).to.match(
          /^The journal cannot be used just now: the (journal|diary) cannot be read: /,
        )
      }
      const overview = await test.ask('/')
      expect(overview.status).to.equal(200)
      expect(JSON.stringify(overview.json.conditions)).to.include('ZonalJournalTrouble')
      await proxy.heal()
      expect((await test.ask('/redemptions')).status).to.equal(200)
    } finally {
      await test.close()
      proxy.stop()
    }
  })
})

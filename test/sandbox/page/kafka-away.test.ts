import { useAtLengthOnly } from '../../support/at-length.ts'
import { useChromium } from '../../support/chromium.ts'
import { pendingWithoutKafka } from '../../support/kafka-for-tests.ts'
import { useRealSockets } from '../../support/real-sockets.ts'
import { startWorld, type World } from '../world.ts'
import { assignAnna, openPage } from './open-page.ts'
import { startPage } from './server.ts'

describe("the sandbox's page, with Kafka,", function () {
  this.timeout(180_000)
  useRealSockets()
  useAtLengthOnly()
  const browser = useChromium()
  let world: World
  let served: Awaited<ReturnType<typeof startPage>>
  before(async function () {
    await pendingWithoutKafka(this)
    world = await startWorld({ kafka: true })
    served = await startPage(world)
  })
  after(async () => {
    await served?.close()
    await world?.stop(false)
  })

  it('lets a bill wait while Kafka is away, and shows that Kafka has it afterwards', async () => {
    await using opened = await openPage(browser(), served.url)
    const { page, press, screen, switchTo, newest } = opened
    await assignAnna(opened)
    await switchTo('kafka', 'away')
    await press('Pay and close')
    await screen('Bill B-5001 closed')
    await newest.getByText('bill B-5001: in the journal, waits for Kafka').waitFor()
    await page.getByText('Bills that wait for Kafka: 1').waitFor()
    await switchTo('kafka', 'there')
    await newest.getByText('partition').waitFor({ timeout: 60_000 })
    await newest.getByText('offset 0').waitFor()
    await page.getByText('Bills that wait for Kafka: 0').waitFor()
  })
})

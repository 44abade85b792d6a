import { expect } from 'chai'
import { startCoreSimulator, type CoreSimulator } from '../simulators/core.ts'
import { demo, demoProject } from '../simulators/core/demo-project.ts'
import { useAtLengthOnly } from '../support/at-length.ts'
import { startTestService, type TestService } from '../support/test-service.ts'
import { runSchemathesis, useSchemathesis } from './schemathesis/run.ts'

describe('the POS document, as schemathesis reads it,', function () {
  // A quarter of a minute on a machine that has nothing else to do.
  this.timeout(180_000)
  useAtLengthOnly()
  useSchemathesis()

  let core: CoreSimulator
  let service: TestService

  before(async () => {
    // With TRIFFT's limit nearly everything would be answered with CORE_BUSY.
    core = await startCoreSimulator({ projects: [projectOfTheExamples()], limit: 'off' })
    service = await startTestService({ CORE_BASE_URL: core.url, LOG_LEVEL: 'info' })
  })

  after(async () => {
    await service?.end()
    await core?.close()
  })

  it('describes what the service does, whatever it is sent', async () => {
    const { hasFound, report } = await runSchemathesis({
      url: service.url,
      venueId: demo.venueId,
      apiKey: demo.apiKey,
    })
    expect(hasFound, report).to.equal(false)
    expect(core.violations).to.deep.equal([])

    // Otherwise everything might have been refused at the start.
    const outcomes = service.lines().map(({ message, code }) => `${String(message)}: ${String(code)}`)
    expect(outcomes).to.include.members(['balance: OK', 'debit: OK', 'credit: OK', 'ticket: OK'])
  })
})

/** The demo project, with the card and the coupon that the document's examples are about. */
function projectOfTheExamples() {
  const project = demoProject(Date.now())
  const [card] = project.cards
  const [coupon] = card?.coupons ?? []
  if (!card || !coupon) throw new Error('the demo project has no card with a coupon')
  return {
    ...project,
    cards: [...project.cards, { ...card, id: 'URCARD123', coupons: [{ ...coupon, id: 'uc-1' }] }],
  }
}

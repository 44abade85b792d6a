import { expect } from 'chai'
import { startCoreSimulator, type CoreSimulator } from '../../simulators/core.ts'
import { createCaller, type Heard } from '../../simulators/core/caller.ts'
import { demo } from '../../simulators/core/demo-project.ts'
import { useRealSockets } from '../../support/real-sockets.ts'
import { createSwitches, type CoreStateName } from './switches.ts'

const { anna } = demo.cards

describe("the sandbox's switches", () => {
  useRealSockets()
  let core: CoreSimulator
  let switches: ReturnType<typeof createSwitches>
  beforeEach(async () => {
    core = await startCoreSimulator()
    switches = createSwitches(core, undefined, () => undefined)
  })
  afterEach(() => core.close())

  /** @returns how the core answers to a debit of points within half a second, and what is left then */
  async function debit() {
    const caller = createCaller(core)
    const asked = caller.debit(anna, 200, 'p-1').then(
      ({ status }: Heard) => String(status),
      () => 'refused',
    )
    const inTime = new Promise<string>((resolve) => setTimeout(resolve, 500, 'no answer in time'))
    return [await Promise.race([asked, inTime]), core.points(anna)]
  }

  for (const [state, answer, points] of [
    ['well', '200', 1050],
    ['slow', 'no answer in time', 1250],
    ['silent', 'no answer in time', 1250],
    ['late', 'no answer in time', 1050],
    ['busy', '429', 1250],
    ['away', 'refused', 1250],
  ] as const satisfies [CoreStateName, string, number][])
    it(`let the core be ${state}, and well again`, async () => {
      await switches.set({ core: state })
      expect(await debit()).to.deep.equal([answer, points])
      await switches.set({ core: 'well' })
      expect(await debit()).to.deep.equal(['200', 1050])
    })

  it('do nothing that they do not know', async () => {
    await switches.set({ core: 'toString', kafka: 'away' })
    expect(switches.state).to.deep.equal({ core: 'well', kafka: 'none', isBusy: false })
  })
})

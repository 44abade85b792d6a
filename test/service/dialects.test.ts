import { checkout } from '../dialects/checkout.ts'
import { wordings } from '../simulators/till/dialects.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { openCounter } from './counter.ts'

describe('a whole checkout', () => {
  useRealSockets()

  for (const wording of wordings)
    it(`works in this wording: ${wording.name}`, async () => {
      const counter = await openCounter()
      try {
        await checkout(counter.openTill({ wording }), counter)
      } finally {
        await counter.close()
      }
    })
})

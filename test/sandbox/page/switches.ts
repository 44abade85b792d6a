import type { CoreSimulator } from '../../simulators/core.ts'
import { readFault } from '../../simulators/core/fault-text.ts'
import type { Broker } from '../../support/kafka-broker.ts'

type CoreState = { label: string; faults: string[] }

/** What the core can be like. An answer after 4 s comes after any till has given up. */
export const coreStates = {
  well: { label: 'Works', faults: [] },
  slow: { label: 'Slow: a second for each answer', faults: ['delay,ms=1000'] },
  silent: { label: 'Silent: takes calls, says nothing', faults: ['hang'] },
  late: {
    label: 'Redeems, and answers after the till has gone',
    faults: ['redeem:delay-after,ms=4000', 'debit:delay-after,ms=4000'],
  },
  busy: { label: 'Says 429: too many requests', faults: ['429'] },
  away: { label: 'Away: refuses connections', faults: [] },
} as const satisfies Record<string, CoreState>

export type CoreStateName = keyof typeof coreStates
export type KafkaState = 'there' | 'away' | 'none'

/**
 * Lets core and Kafka fail, and work again. One switch at a time.
 * @param broker undefined if the sandbox runs without Kafka
 */
export function createSwitches(
  core: CoreSimulator,
  broker: Pick<Broker, 'kill9' | 'restart'> | undefined,
  onChange: () => void,
) {
  const state: { core: CoreStateName; kafka: KafkaState; isBusy: boolean } = {
    core: 'well',
    kafka: broker ? 'there' : 'none',
    isBusy: false,
  }

  async function setCore(next: CoreStateName) {
    if (next === state.core) return
    if (state.core === 'away') await core.comeBack()
    core.faults.clear()
    for (const fault of coreStates[next].faults) core.faults.next(readFault(fault))
    if (next === 'away') await core.goAway()
    state.core = next
  }

  async function setKafka(next: string) {
    if (!broker || next === state.kafka) return
    if (next === 'away') await broker.kill9()
    else if (next === 'there') await broker.restart()
    else return
    state.kafka = next
  }

  return {
    state: state as Readonly<typeof state>,
    /** @param fields of the form: `core` or `kafka`; anything else does nothing */
    async set({ core: next = '', kafka = '' }: Record<string, string>) {
      if (state.isBusy) return
      state.isBusy = true
      onChange()
      try {
        if (Object.hasOwn(coreStates, next)) await setCore(next as CoreStateName)
        await setKafka(kafka)
      } finally {
        state.isBusy = false
        onChange()
      }
    },
  }
}

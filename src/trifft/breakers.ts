import CircuitBreaker from 'opossum'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import { CoreOutcomeUnknown, CoreProtocolError, CoreRequestInvalid, CoreUnavailable } from './errors.ts'

type BreakerState = 'closed' | 'half_open' | 'open'

const stateValues = { closed: 0, half_open: 1, open: 2 } as const

const settings = {
  // Each call has its own deadline. After opossum's, the call would run on without anybody waiting for it.
  timeout: false,
  errorThresholdPercentage: 50,
  volumeThreshold: 10,
  rollingCountTimeout: 60_000,
  resetTimeout: 10_000,
  rollingPercentilesEnabled: false,
  enableSnapshots: false,
  /** True if it does not count as a failure. Any answer shows that the core is there, a 429 too. */
  errorFilter: (error: unknown) => !isFailure(error),
} as const

/** One circuit breaker for each operation, so that slow balances do not stop debits. API keys share them. */
export function createBreakers<Operation extends string>(
  operations: readonly Operation[],
  { metrics, log }: { metrics: Metrics; log: Logger },
) {
  const breakers = Object.fromEntries(
    operations.map((operation) => [operation, createBreaker(operation)]),
  ) as Record<Operation, ReturnType<typeof createBreaker>>

  function createBreaker(operation: string) {
    const breaker = new CircuitBreaker((call: () => Promise<unknown>) => call(), {
      ...settings,
      name: operation,
    })
    const show = (state: BreakerState) => metrics.breakerState.set({ operation }, stateValues[state])
    show('closed')
    // A listener that throws would make a call fail that was done; these cannot throw.
    breaker.on('open', () => {
      show('open')
      log.warn({ operation }, 'core calls are stopped: the breaker is open')
    })
    breaker.on('halfOpen', () => show('half_open'))
    breaker.on('close', () => {
      show('closed')
      log.info({ operation }, 'core calls go on: the breaker is closed')
    })
    return breaker
  }

  const notSent = (operation: Operation) =>
    new CoreUnavailable({ message: `${operation}: not sent (breaker)` })

  return {
    /** @throws CoreUnavailable if `run` would not call now */
    refuseOpen(operation: Operation): void {
      const { opened, halfOpen, pendingClose } = breakers[operation]
      // A half open breaker lets one call through and waits for its outcome.
      if (opened || (halfOpen && !pendingClose)) throw notSent(operation)
    },

    /**
     * @param call has a deadline: if it never settled, the breaker would stay half open for ever
     * @returns what `call` returns
     * @throws what `call` throws; CoreUnavailable, without calling it, if the breaker is open
     */
    async run<T>(operation: Operation, call: () => Promise<T>): Promise<T> {
      try {
        return (await breakers[operation].fire(call)) as T
      } catch (error) {
        if (!(error instanceof Error) || !CircuitBreaker.isOurError(error)) throw error
        throw notSent(operation)
      }
    },

    /** @returns the state by operation, for the health page */
    states: () =>
      Object.fromEntries(operations.map((operation) => [operation, stateOf(breakers[operation])])),

    /** @returns the operations whose breakers are not closed */
    open: () => operations.filter((operation) => stateOf(breakers[operation]) !== 'closed'),

    close() {
      for (const operation of operations) breakers[operation].shutdown()
    },
  }
}

/**
 * Unknown outcomes, and calls that the network did not let out. Not a block; and nothing that a single card, coupon or key
 * may have caused, since all of them share the breaker: JSON with wrong fields, a request that could not be made, any 4xx
 * except 408, which is a timeout.
 */
function isFailure(error: unknown): boolean {
  if (error instanceof CoreProtocolError || error instanceof CoreRequestInvalid) return false
  if (error instanceof CoreUnavailable) return error.code !== 'CORE_BUSY'
  return error instanceof CoreOutcomeUnknown && !isAboutTheRequest(error.status)
}

function isAboutTheRequest(status = 0): boolean {
  return status >= 400 && status < 500 && status !== 408
}

function stateOf(breaker: { opened: boolean; halfOpen: boolean }): BreakerState {
  if (breaker.opened) return 'open'
  return breaker.halfOpen ? 'half_open' : 'closed'
}

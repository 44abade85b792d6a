import { pino } from 'pino'
import { readConfig } from '../../src/config/config.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { systemTimers } from '../../src/time/clock.ts'
import { noTracing } from '../../src/observability/tracing.ts'
import { createPublisher } from '../../src/tickets/publisher.ts'

/**
 * The real publisher, with all that it logs.
 * @param env more of the environment
 */
export function publisherForTests(brokers: string[], topic: string, env: Record<string, string> = {}) {
  const { tickets } = readConfig({
    HOST: '127.0.0.1',
    KAFKA_BROKERS: brokers.join(),
    KAFKA_TOPIC: topic,
    ...env,
  })
  const logged: string[] = []
  const log = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) })
  const metrics = createMetrics()
  const timers = systemTimers
  return {
    publisher: createPublisher(tickets, { timers, log, metrics, tracing: noTracing }),
    timers,
    log,
    logged,
    metrics,
  }
}

import { startBroker, type Broker } from './kafka-broker.ts'
import { startCluster, type Cluster } from './kafka-cluster.ts'
import { kafkaClassPath, missingPrograms } from './kafka-jars.ts'
import { markPending } from './mark-pending.ts'
import { useOwn } from './use-own.ts'

/** The first time 44 MB are fetched. */
const startTimeoutMs = 180_000

let missing: Promise<string | undefined> | undefined
let shared: Promise<Broker> | undefined

/**
 * A real Kafka for a suite: the one of KAFKA_BROKERS, else a broker that all suites of this run share and that ends
 * with it. Without either the suite is pending, or fails if REQUIRE_KAFKA=1. Each test makes topics of its own.
 * @returns to be called in a test: the brokers
 */
export function useKafka(): () => string[] {
  let brokers: string[] = []
  before(async function () {
    this.timeout(startTimeoutMs)
    brokers = (process.env.KAFKA_BROKERS ?? '').split(',').filter(Boolean)
    if (brokers.length > 0) return
    await pendingWithoutKafka(this)
    shared ??= startBroker()
    const broker = await shared
    broker.unref()
    brokers = broker.brokers
  })
  return () => brokers
}

/**
 * A broker that a suite may kill. Pending or failing as `useKafka`.
 * @returns to be called in a test: the broker
 */
export function useOwnBroker(options?: Parameters<typeof startBroker>[0]): () => Broker {
  return useOwn({
    what: 'The broker',
    startTimeoutMs,
    pendingWithout: pendingWithoutKafka,
    start: () => startBroker(options),
  })
}

/**
 * Three brokers that a suite may kill. Pending or failing as `useKafka`.
 * @returns to be called in a test: the cluster
 */
export function useOwnCluster(): () => Cluster {
  return useOwn({
    what: 'The cluster',
    startTimeoutMs,
    pendingWithout: pendingWithoutKafka,
    start: () => startCluster(),
  })
}

/** For a test that starts a broker by itself: pending without Kafka, or failing if REQUIRE_KAFKA=1. */
export async function pendingWithoutKafka(context: Mocha.Context) {
  missing ??= findMissing()
  const reason = await missing
  if (reason === undefined) return
  markPending(context, `${reason} (install Java 17 and Maven, or set KAFKA_BROKERS)`, 'REQUIRE_KAFKA')
}

async function findMissing(): Promise<string | undefined> {
  const programs = missingPrograms()
  if (programs.length > 0) return `${programs.join(' and ')} cannot be run`
  return kafkaClassPath().then(
    () => undefined,
    (error: unknown) => `Maven cannot fetch Kafka: ${String(error).split('\n')[1]}`,
  )
}

import { readConfig } from '../../src/config/config.ts'
import { maskIds, createMaskId } from '../../src/loyalty/mask-ids.ts'
import { createKeyedHash, debitKey } from '../../src/model/keys.ts'
import { readTopic } from '../support/kafka-consumer.ts'
import { untilInSync } from '../support/kafka-topic.ts'
import { auditRedemptions, auditTickets, findStale, type Finding } from './audit.ts'
import type { Bill, Wish } from './memory.ts'
import { coreIdOf, startPoints } from './project.ts'
import { agedByMs, readRowsBy } from './settle.ts'
import type { Surroundings, Tortured } from './tortured.ts'

type Compared = Pick<Surroundings, 'core' | 'kafka' | 'topic'> & { tortured: Pick<Tortured, 'sql'> }

/** Compares what the tills were told with what the journal says, the core has done, and Kafka has. */
export async function compare(
  { tortured, core, kafka, topic }: Compared,
  counters: { wishes: Wish[]; bills: Bill[] }[],
  isExcused: (wish: Wish) => boolean,
): Promise<Finding[]> {
  const wishes = counters.flatMap(({ wishes }) => wishes)
  const rows = await readRowsBy(tortured.sql)
  const redemptions = auditRedemptions({
    wishes,
    rows,
    movements: core.movements(),
    keysOf,
    isExcused,
    startPoints,
    pointsOf: core.points,
  })
  await untilInSync(kafka.brokers, topic)
  const records = await readTopic(kafka.brokers, topic)
  const bills = counters.flatMap(({ bills }) => bills)
  const expected = bills.map((bill) =>
    bill.wish && isExcused(bill.wish) ? { ...bill, coupon: undefined } : bill,
  )
  const confirmed = rows.map(
    ({ id, confirmedAtMs }) => [id, confirmedAtMs === null ? undefined : confirmedAtMs + agedByMs] as const,
  )
  return [...redemptions, ...findStale(wishes, new Map(confirmed)), ...auditTickets(expected, records)]
}

/** As the service names them, with a stand-in for the id of a coupon that holds the card number. */
function keysOf({ venueId, cardNumber, accountNumber, what, asked }: Wish): string[] {
  const caller = { venue: { id: venueId, coreId: coreIdOf(venueId), currency: 'GBP' } }
  return [...asked].map((transactionId) => {
    const request = { cardNumber, accountNumber, what, ...(transactionId && { transactionId }) }
    return debitKey(caller, maskIds(request, maskId))
  })
}

const maskId = createMaskId(createKeyedHash(readConfig({ HOST: '127.0.0.1' }).journal.cardHashKey))

import { demo, openCounter, takeCoffee, takePoints } from '../../service/counter.ts'

/** Labels of a series by name, each with the values that it has. */
export type Exposed = Map<string, Map<string, Set<string>>>

/** @returns every series that the running service exposes after a few requests that succeed, and some that fail */
export async function readExposed(): Promise<Exposed> {
  const counter = await openCounter({ CORE_RATE_LIMIT: '48' })
  const { till, core, service } = counter
  try {
    Object.assign(core.coupon(demo.coupons.discount)?.coupon ?? {}, { points: 'some' })
    await till.balance({ cardNumber: demo.cards.anna })
    await till.balance({ cardNumber: demo.cards.unknown })
    await till.debit(takePoints)
    await till.credit({ cardNumber: demo.cards.anna, originalTransactionId: takePoints.transactionId })
    const undone = service.line(({ msg }) => msg === 'undo')
    core.faults.next({ operation: 'redeem', kind: '500' })
    await till.debit(takeCoffee)
    const bill = { ticketId: 'B-1', closedAt: new Date(), currency: 'GBP', total: 5 }
    await till.ticket({ ...bill, items: [{ quantity: 'some' }] } as unknown as typeof bill)
    await counter.openTill({ apiKey: 'not-a-key' }).balance({ cardNumber: demo.cards.anna })
    // The coffee, whose answer was lost, is given back.
    await undone
    return readPage(await (await fetch(`${service.managementUrl}/metrics`)).text())
  } finally {
    await counter.close()
  }
}

/** What is typed but has no series yet is there without labels. */
function readPage(page: string): Exposed {
  const exposed: Exposed = new Map()
  const labelsOf = (name: string) => {
    const labels = exposed.get(name) ?? new Map<string, Set<string>>()
    exposed.set(name, labels)
    return labels
  }
  for (const line of page.split('\n')) {
    const [, typed = '', type] = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line) ?? []
    if (type === 'histogram') for (const part of ['bucket', 'sum', 'count']) labelsOf(`${typed}_${part}`)
    else if (type) labelsOf(typed)
    const [, name, inside = ''] = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line) ?? []
    if (!name) continue
    const labels = labelsOf(name)
    for (const [, label = '', value = ''] of inside.matchAll(/(\w+)="([^"]*)"/g))
      labels.set(label, (labels.get(label) ?? new Set()).add(value))
  }
  return exposed
}

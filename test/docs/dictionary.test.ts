import { expect } from 'chai'
import { readExposed } from '../helm/observability/exposed.ts'
import { selectorsOf } from '../helm/observability/promql.ts'
import { demo, openCounter, takeCoffee, takePoints } from '../service/counter.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { readPage } from './pages.ts'

describe('contracts/dictionary.md', function () {
  this.timeout(30_000)
  useRealSockets()
  const page = readPage('contracts/dictionary.md')
  const rows = [...page.text.matchAll(/^\| (`.+?`) \| (.+) \|$/gm)]
  const fields = new Set(
    rows.flatMap(([, names = '']) => [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name)),
  )
  const ofCalls = new Set(
    [...(rows.find(([, names]) => names === '`coreCalls`')?.[2] ?? '').matchAll(/`(\w+)`/g)].map(
      ([, name]) => name,
    ),
  )

  it('has every field of the log lines of requests', async () => {
    const counter = await openCounter({ CORE_RATE_LIMIT: '48' })
    try {
      const { till, core, service } = counter
      const bill = {
        ticketId: 'B-1',
        cardNumber: demo.cards.anna,
        closedAt: new Date('2001-01-01'),
        currency: 'GBP',
        total: 5,
      }
      await till.balance({ cardNumber: demo.cards.anna })
      await till.debit(takePoints)
      await till.debit(takePoints)
      core.faults.next({ operation: 'redeem', kind: '500' })
      await till.debit(takeCoffee)
      await till.ticket({ ...bill, items: [{ quantity: 'some' }] } as unknown as typeof bill)
      await till.ticket({ ...bill, total: Number.NaN })
      await counter.openTill({ apiKey: 'not-a-key' }).balance({ cardNumber: demo.cards.anna })
      const lines = service.lines().filter(({ msg }) => msg === 'request')
      expect(lines).to.have.length.above(6)
      for (const line of lines) {
        expect([...fields]).to.include.members(Object.keys(line))
        for (const call of line.coreCalls as object[])
          expect([...ofCalls]).to.include.members(Object.keys(call))
      }
    } finally {
      await counter.close()
    }
  })

  it('asks the log only for fields that it has', () => {
    const filters = page.fences.flatMap(({ text }) => /jq -\w '(.+)'/.exec(text)?.[1] ?? [])
    expect(filters).to.have.length.above(4)
    for (const filter of filters)
      for (const [, name] of filter.matchAll(/(?<!\w)\.(\w+)|(?<=[{,] ?)(\w+)(?=[,}])/g))
        if (name !== undefined) expect([...fields, ...ofCalls], filter).to.include(name)
  })

  it('asks Prometheus only for what the service exposes', async () => {
    const exposed = await readExposed()
    const queries = page.fences.filter(({ language }) => language === 'promql')
    expect(queries).to.have.length.above(8)
    for (const { text } of queries)
      for (const { metric, matchers } of selectorsOf(text)) {
        expect(exposed.has(metric), metric).to.equal(true)
        for (const { label } of matchers) expect([...exposed.get(metric)!.keys()], text).to.include(label)
      }
  })
})

import { DatabaseSync } from 'node:sqlite'
import Router from '@koa/router'
import { Kafka, logLevel, Partitioners } from 'kafkajs'
import { z } from 'zod'
import { serve } from './serve.ts'

/**
 * The minimum that keeps the promise of a ticket, with the chosen libraries: the till gets OK when it is on disk, and
 * one relay sends what is there to Kafka. The service adds the rest. No credentials, no conversion, no seal, no
 * repeats, no metric. `KAFKA_BROKERS`, `KAFKA_TOPIC`, `JOURNAL_PATH`.
 */
const kafka = new Kafka({ brokers: (process.env.KAFKA_BROKERS ?? '').split(','), logLevel: logLevel.NOTHING })
const producer = kafka.producer({
  allowAutoTopicCreation: false,
  createPartitioner: Partitioners.DefaultPartitioner,
})
await producer.connect()

const db = new DatabaseSync(process.env.JOURNAL_PATH ?? '')
db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
db.exec('CREATE TABLE tickets (sequence INTEGER PRIMARY KEY, key TEXT, value TEXT)')
const insert = db.prepare('INSERT INTO tickets (key, value) VALUES (?, ?)')
const oldest = db.prepare('SELECT * FROM tickets ORDER BY sequence LIMIT 100')
const forget = db.prepare('DELETE FROM tickets WHERE sequence <= ?')

/** All works of one turn of the event loop share one synced commit. */
let queue: { work: () => unknown; done: () => void }[] = []
function write(work: () => unknown): Promise<void> {
  return new Promise((done) => {
    if (queue.length === 0) setImmediate(commit)
    queue.push({ work, done })
  })
}
function commit() {
  const works = queue
  queue = []
  db.exec('BEGIN IMMEDIATE')
  for (const { work } of works) work()
  db.exec('COMMIT')
  for (const { done } of works) done()
}

let isRelaying = false
async function relay() {
  if (isRelaying) return
  isRelaying = true
  for (let rows = oldest.all(); rows.length > 0; rows = oldest.all()) {
    const messages = rows.map(({ key, value }) => ({ key: String(key), value: String(value) }))
    await producer.send({ topic: process.env.KAFKA_TOPIC ?? '', acks: -1, messages })
    await write(() => forget.run(rows.at(-1)?.sequence ?? 0))
  }
  isRelaying = false
}

const amount = z.string().regex(/^\d+\.\d\d$/)
const ticket = z.object({
  ticketId: z.string(),
  cardNumber: z.string(),
  closedAt: z.string(),
  currency: z.string(),
  total: amount,
  items: z.array(
    z.object({ id: z.string(), name: z.string(), quantity: z.number(), unitPrice: amount, total: amount }),
  ),
})
const router = new Router()
router.post('/ticket', async (ctx) => {
  const bill = ticket.parse(ctx.request.body)
  await write(() => insert.run(bill.cardNumber, JSON.stringify(bill)))
  void relay()
  ctx.body = { response: 'OK', ticketId: bill.ticketId, accepted: true }
})

serve(router)

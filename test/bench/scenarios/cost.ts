import { Agent, request as httpRequest } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startAdapter, startContender, startCore, type Adapter } from '../adapter.ts'
import { growJournal } from '../grow-journal.ts'
import * as messages from '../messages.ts'
import { rssMb, watchCpu, type Program } from '../processes.ts'
import type { Figure, Measurement } from '../report.ts'
import { interleave, ratio, spread, type Settings } from '../rounds.ts'

const starts = 7
const manyConnections = 1_000
const atOnce = 32
const restSeconds = 10

/** @param kafka environment of the service, with brokers if there are any */
export async function cost(settings: Settings, kafka: Record<string, string>): Promise<Measurement> {
  const { folder } = settings
  const core = await startCore(folder)
  const options = { coreUrl: `${core.url}/v1`, folder, env: kafka }
  // In the image what V8 compiles is kept, by a start when it is built.
  await (await startAdapter('first', options)).stop()
  const readyMs: number[] = []
  for (let start = 0; start < starts; start++) {
    const adapter = await startAdapter(`start-${start}`, options)
    readyMs.push(adapter.readyMs)
    await adapter.stop()
  }

  const ours = await startAdapter('rest', options)
  // A connection to Kafka is closed when no ticket has come for 10 s.
  await pause(12_000)
  const rest = watchCpu({ ours })
  await pause(restSeconds * 1_000)
  const cpuAtRest = rest.stop().ours
  const rssAtRestMb = rssMb(ours)
  const rss = await rssOfConnections(ours, ours.balanceUrl)
  await ours.stop()
  const rssOf = async (contender: string) => {
    const env = { CORE_BASE_URL: options.coreUrl }
    const program = await startContender(contender, `${contender}.ts`, env, folder)
    const measured = await rssOfConnections(program, program.url)
    await program.stop()
    return measured
  }
  const rssOfBare = await rssOf('bare')
  const rssOfLibraries = await rssOf('libraries')

  const calls = await callsOfCheckout(await startAdapter('checkout', options), core.url)
  await core.stop()
  const ready = spread(readyMs)
  const figures: Figure[] = [
    {
      name: 'start to ready',
      value: ready.median,
      unit: 'ms',
      note: `${starts} starts, ${ready.least.toFixed(0)} to ${ready.most.toFixed(0)}`,
    },
    { name: 'RSS at rest', value: rssAtRestMb, unit: 'MB' },
    {
      name: `RSS with ${manyConnections} open connections`,
      value: rss.openMb,
      unit: 'MB',
      note: `each has asked for a balance, ${atOnce} at a time; bare node:http + undici ${rssOfBare.openMb.toFixed(0)} MB, the libraries alone ${rssOfLibraries.openMb.toFixed(0)} MB`,
    },
    {
      name: `RSS after all ${manyConnections} at the same moment`,
      value: rss.burstMb,
      unit: 'MB',
      note: `bare node:http + undici ${rssOfBare.burstMb.toFixed(0)} MB`,
    },
    {
      name: 'CPU at rest',
      value: cpuAtRest * 100,
      unit: '% of a core',
      note: kafka.KAFKA_BROKERS ? 'with Kafka, 12 s after the last ticket' : 'without Kafka',
    },
    ...calls,
  ]
  return {
    title: 'Cost',
    figures,
    ratios: {
      readyMs: ready.median,
      rssMb: rss.openMb,
      rssOverBare: rss.openMb / rssOfBare.openMb,
      librariesRssOverBare: rssOfLibraries.openMb / rssOfBare.openMb,
      ...Object.fromEntries(calls.map(({ key = '', value }) => [key, value])),
    },
  }
}

/** Of so many tills that stay connected: after each has asked once, and after all have asked at the same moment. */
async function rssOfConnections(program: Program, url: string) {
  const tills = Array.from({ length: manyConnections }, () => new Agent({ keepAlive: true, maxSockets: 1 }))
  const ask = async (till: Agent, number: number) => {
    const request = httpRequest(url, { method: 'POST', agent: till, headers: messages.headers })
    request.end(messages.balance.replaceAll('@N@', String(number)))
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream]
    response.resume()
    await once(response, 'end')
  }
  for (let first = 0; first < manyConnections; first += atOnce)
    await Promise.all(tills.slice(first, first + atOnce).map((till, index) => ask(till, first + index)))
  const openMb = rssMb(program)
  await Promise.all(tills.map((till, index) => ask(till, manyConnections + index)))
  const burstMb = rssMb(program)

  const open = tills.filter(({ freeSockets }) => Object.keys(freeSockets).length > 0).length
  if (open < manyConnections) throw new Error(`only ${open} of ${manyConnections} connections are open`)
  for (const till of tills) till.destroy()
  return { openMb, burstMb }
}

/** What one guest costs the core, message by message. */
async function callsOfCheckout(adapter: Adapter, coreUrl: string): Promise<Figure[]> {
  const count = async () => {
    const counts = (await (await fetch(`${coreUrl}/counts`)).json()) as Record<string, number>
    return { all: Object.values(counts).reduce((sum, each) => sum + each, 0), venue: counts.findVenue ?? 0 }
  }
  const say = async (url: string, body: string) => {
    const before = await count()
    const reply = await fetch(url, {
      method: 'POST',
      headers: messages.headers,
      body: body.replaceAll('@N@', '7'),
    })
    const { response } = (await reply.json()) as { response: string }
    if (response !== 'OK') throw new Error(`${url} answered ${response}`)
    const after = await count()
    return { all: after.all - before.all, venue: after.venue - before.venue }
  }
  const credit = messages.debit.replace(
    '"transactionId":"T-@N@"',
    '"transactionId":"C-@N@","originalTransactionId":"T-@N@"',
  )
  const first = await say(adapter.balanceUrl, messages.balance)
  const second = await say(adapter.balanceUrl, messages.balance)
  const taken = await say(adapter.debitUrl, messages.debit)
  const given = await say(adapter.debitUrl.replace('debit', 'credit'), credit)
  const billed = await say(adapter.ticketUrl, messages.ticket)
  await adapter.stop()
  const unit = 'calls to the core'
  return [
    { key: 'callsVenue', name: 'venue check of a new venue', value: first.venue, unit },
    { key: 'callsBalance', name: 'balance', value: first.all - first.venue, unit },
    { key: 'callsSecondBalance', name: 'second balance within 5 s', value: second.all, unit },
    { key: 'callsDebit', name: 'debit', value: taken.all, unit },
    { key: 'callsCredit', name: 'credit', value: given.all, unit },
    { key: 'callsTicket', name: 'ticket', value: billed.all, unit },
  ]
}

const sizes = [10, 10_000, 1_000_000]

/** What a ticket costs if the journal remembers little, and if it remembers a month. */
export async function growth(settings: Settings): Promise<Measurement> {
  const { folder } = settings
  const core = await startCore(folder)
  const coreUrl = `${core.url}/v1`
  const adapters = []
  for (const rows of sizes) {
    const name = `rows-${rows}`
    await (await startAdapter(name, { coreUrl, folder })).stop()
    growJournal(join(folder, `${name}.sqlite`), rows)
    adapters.push(await startAdapter(name, { coreUrl, folder }))
  }
  const names = sizes.map((rows) => `${rows.toLocaleString('en')} rows`)
  const variants = adapters.map((program, index) => ({
    name: names[index] ?? '',
    program,
    url: program.ticketUrl,
    body: messages.ticket,
  }))
  const rows = await interleave(variants, settings, core)
  await Promise.all([...adapters, core].map((program) => program.stop()))
  return {
    title: 'Ticket with a full journal (HTTP and journal, without Kafka)',
    rows,
    ratios: { ticketCostGrowth: ratio(rows, names[0] ?? '', names.at(-1) ?? '') },
  }
}

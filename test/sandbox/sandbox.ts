import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { demo } from '../simulators/core/demo-project.ts'
import { createTill, type TillAnswer } from '../simulators/till.ts'
import { readTopic } from '../support/kafka-consumer.ts'
import { checkout } from './checkout.ts'
import { curlLines } from './curl-lines.ts'
import { bad, beside, bold, dim, good, printClaims, printEvent, printExchange, replicaOf } from './print.ts'
import { startPage } from './page/server.ts'
import { narrate } from './wire/narrate.ts'
import { startWorld, topic, type World } from './world.ts'

/**
 * `npm run sandbox -- [--once] [--kafka] [--replicas N]`: everything on one machine: plays a checkout, and then keeps
 * running.
 */
const { values: options } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    kafka: { type: 'boolean', default: false },
    replicas: { type: 'string' },
  },
})
if (options.replicas !== undefined && !/^[2-9]$/.test(options.replicas)) {
  console.error(bad('\n --replicas must be a number from 2 to 9\n'))
  process.exit(1)
}

if (options.kafka) console.log(dim('\n Kafka is starting; the first time 44 MB are fetched for it.'))
const world = await startWorld({
  kafka: options.kafka,
  ...(options.replicas && { replicas: Number(options.replicas) }),
}).catch((error: unknown) => {
  console.error(bad(`\n ${error instanceof Error ? error.message : String(error)}\n`))
  return process.exit(1)
})
/** A success if it was to serve until then, but not if it was only to play a checkout, which is not finished. */
const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]).then(
  () => !options.once,
)
let isGood = false
try {
  printWorld(world)
  isGood = await Promise.race([playAll(world), interrupted])
  if (isGood && !options.once) isGood = await serve(world)
} finally {
  await world.stop(!isGood)
  if (!isGood) console.error(bad(`\n The adapter's log is kept: ${world.logs}\n`))
}
process.exitCode = isGood ? 0 : 1

function printWorld({ url, adapters, databaseUrl, core, brokers, logs }: World) {
  const inFront = ` ${dim(`(a round-robin in front of ${adapters.length} replicas)`)}`
  console.log(`\n ${bold('The Zonal loyalty adapter, between a till and a simulated TRIFFT core')}\n`)
  console.log(beside('adapter', [url + (databaseUrl ? inFront : '')]))
  console.log(beside('', [dim(`its log: ${logs}`)]))
  if (databaseUrl) console.log(beside('journal', [databaseUrl, dim('(a real PostgreSQL)')]))
  console.log(beside('core', [`${core.url} ${dim('(simulated)')}`]))
  console.log(beside('Kafka', [brokers ? `${brokers.join()} ${dim('(a real broker)')}` : dim('none')]))
}

/** @returns whether every answer was right */
async function playAll(world: World): Promise<boolean> {
  const results = [await playCheckout(world), await showTicket(world)]
  const isGood = results.every(Boolean)
  console.log(
    isGood
      ? `\n ${good('✔')} ${checkout.length} exchanges, each as it must be.\n`
      : bad('\n ✘ Not every answer was what it must be.'),
  )
  return isGood
}

async function playCheckout({ url, adapters, core }: World): Promise<boolean> {
  const till = createTill({ baseUrl: url, venueId: demo.venueId, apiKey: demo.apiKey })
  let before: TillAnswer | undefined
  let isGood = true
  for (const [row, step] of checkout.entries()) {
    const callsBefore = core.calls.length
    const answer = await step.play(till, before)
    const { request, status, reply, ms } = answer
    const path = new URL(request.url).pathname
    const said = { path, body: request.body ?? '', status, reply, ms, replica: replicaOf(answer) }
    const calls = core.calls.slice(callsBefore)
    printExchange(`${row + 1}  ${step.story}`, { operation: step.operation, calls, ...said })
    const claims = {
      'the till hears OK': answer.reply.response === 'OK',
      ...(adapters.length > 1 && {
        'another replica answers than before': replicaOf(answer) !== replicaOf(before),
      }),
      ...step.claims(answer, core),
    }
    isGood = printClaims(claims) && isGood
    before = answer
  }
  return isGood
}

/** @returns whether the ticket is where it should be: in Kafka, or without Kafka in the journal */
async function showTicket({ managementUrl, brokers }: World): Promise<boolean> {
  console.log(`\n ${bold(`Behind the counter: the ticket ${brokers ? 'goes to' : 'waits for'} Kafka.`)}\n`)
  if (brokers) {
    const read = readTopic(brokers, topic, (records) => records.length === 1)
    const [event] = await Promise.race([read, sleep(20_000, [], { ref: false })])
    if (event) printEvent(topic, event)
    return printClaims({ 'a consumer sees the ticket within 20 seconds': event !== undefined })
  }
  const metric = await readMetric(managementUrl, 'zonal_tickets_waiting', '1')
  console.log(beside('no brokers', ['so it waits in the journal, synced to disk:', metric ?? 'no metric']))
  console.log(beside('', [dim('npm run sandbox -- --kafka  starts a real broker and shows the event')]))
  return printClaims({ 'one ticket waits': metric === 'zonal_tickets_waiting 1' })
}

/** Metrics follow a moment later: asked until it has the value, for two seconds at most. */
async function readMetric(managementUrl: string, name: string, value: string): Promise<string | undefined> {
  const endMs = performance.now() + 2000
  for (;;) {
    const page = await (await fetch(`${managementUrl}/metrics`)).text()
    const line = page.split('\n').find((line) => line.startsWith(`${name} `))
    if (line === `${name} ${value}` || performance.now() > endMs) return line
    await sleep(50)
  }
}

/** @returns false if an adapter ended by itself */
async function serve(world: World): Promise<boolean> {
  const { url, managementUrl, adapters, wire } = world
  console.log(` ${bold('It keeps serving. Paste these into another terminal:')}`)
  for (const { what, command } of curlLines(url, managementUrl))
    console.log(`\n${dim(`# ${what}`)}\n${command}`)
  const page = await startPage(world)
  console.log(`\n ${bold('Or open this in a browser, and let something fail:')} ${page.url}`)
  const { url: consoleUrl, name, password } = world.console
  console.log(`\n ${bold('Or look into the console, as support does:')} ${consoleUrl}/`)
  console.log(dim(` name ${name}, password ${password}`))
  console.log(`\n ${bold('Whatever it is asked is told here. Ctrl-C ends it.')}`)
  narrate(wire, topic)
  const isGood = await Promise.race([interrupted, ...adapters.map(({ exited }) => exited.then(() => false))])
  await page.close()
  return isGood
}

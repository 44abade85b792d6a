import { understand } from '../../simulators/till/dialects.ts'
import type { Operation } from '../../simulators/till/messages.ts'
import { printable } from '../../../src/observability/printable.ts'
import { beside, bold, dim, printCalls, printEvent, printExchange } from '../print.ts'
import { replicaHeader } from '../round-robin.ts'
import { isAnswered, type Entry, type Heard, type Step, type Wire } from './wire.ts'

const operations: string[] = ['balance', 'debit', 'credit', 'ticket'] satisfies Operation[]

/**
 * Prints from now on what comes along the wire: an exchange once the till has its answer, and what happens for it later as
 * soon as it happens.
 * @param topic of the bills
 */
export function narrate({ events }: Wire, topic: string) {
  const printed = new Set<Step>()
  let last: Entry | undefined

  function printLater(entry: Entry, step: Step, print: () => void) {
    if (printed.has(step)) return
    printed.add(step)
    if (last !== entry) console.log(`\n ${bold(`${time()}  For ${nameOf(entry)}:`)}\n`)
    last = entry
    print()
  }

  events.on('step', (entry, step) => {
    if (step.kind === 'heard') {
      last = entry
      printHeard(entry, step)
      for (const past of entry.steps) {
        printed.add(past)
        if (past.kind === 'written') printWritten(past)
      }
    } else if (isAnswered(entry) && step.kind !== 'call')
      printLater(entry, step, () =>
        step.kind === 'event'
          ? printEvent(topic, step.record)
          : step.kind === 'written' && printWritten(step),
      )
  })
  // One that comes later is told once it is known what became of it.
  events.on('change', (entry, step) => {
    if (step.kind === 'call' && isAnswered(entry)) printLater(entry, step, () => printCalls([step.call]))
  })
}

function printHeard(entry: Entry, { reply, ms }: Extract<Step, { kind: 'heard' }>) {
  const { path, body } = entry.request
  const heading = `${time()}  ${nameOf(entry)}`
  const calls = entry.steps.flatMap((step) => (step.kind === 'call' ? step.call : []))
  if (reply && isOperation(entry.operation)) {
    const { status, headers } = reply
    const said = { status, reply: understand(reply.body) ?? {}, ms, replica: headers[replicaHeader] }
    const asked = { path: printable(path), body, operation: entry.operation, calls }
    return printExchange(heading, { ...asked, ...said })
  }
  console.log(`\n ${bold(heading)}\n`)
  console.log(beside('till hears', [reply ? briefly(reply) : dim('nothing: the connection ended')]))
}

function printWritten({ text }: Extract<Step, { kind: 'written' }>) {
  console.log(beside('written down', [text]))
}

function briefly({ status, body }: Heard): string {
  return `${status} ${printable(body).replaceAll('\n', ' ').slice(0, 70)}`
}

function isOperation(word: string): word is Operation {
  return operations.includes(word)
}

function nameOf({ id, operation, request }: Entry): string {
  return printable(`${id}  ${isOperation(operation) ? operation : `${request.method} ${request.path}`}`)
}

function time(): string {
  return new Date().toTimeString().slice(0, 8)
}

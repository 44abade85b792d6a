import { styleText } from 'node:util'
import { printableJson } from '../../src/observability/printable.ts'
import { demo } from '../simulators/core/demo-project.ts'
import type { CoreCall } from '../simulators/core/call-log.ts'
import type { TillAnswer } from '../simulators/till.ts'
import type { Operation, TillReply } from '../simulators/till/messages.ts'
import { drawScreen } from '../simulators/till/screen.ts'
import type { Consumed } from '../support/kafka-consumer.ts'
import { replicaHeader } from './round-robin.ts'

/** Everything fits into 100 columns. Colours only on a terminal, and never with NO_COLOR: `styleText` sees to it. */
const width = 100
const labelWidth = 15
const indent = ' '.repeat(4)

export const bold = (text: string) => styleText('bold', text)
export const dim = (text: string) => styleText('dim', text)
export const good = (text: string) => styleText('green', text)
export const bad = (text: string) => styleText('red', text)

/** A label, and beside it as many lines as there are. */
export function beside(label: string, lines: string[]): string {
  return lines.map((line, row) => indent + dim((row === 0 ? label : '').padEnd(labelWidth)) + line).join('\n')
}

export type Exchange = {
  path: string
  body: string
  operation: Operation
  calls: CoreCall[]
  status: number
  reply: TillReply
  ms: number
  replica: string | undefined
}

/** One exchange: what the till asked, what the core was asked for it, and what the operator sees. */
export function printExchange(heading: string, exchange: Exchange) {
  const { path, body, operation, calls, status, reply, ms, replica } = exchange
  const outcome = reply.response === 'OK' ? good('OK') : bad(reply.code ?? 'not understood')
  console.log(`\n ${bold(heading)}\n`)
  console.log(beside('till asks', [`POST ${path}`, ...wrapJson(body).map(dim)]))
  if (calls.length > 0) printCalls(calls)
  const by = replica ? `, from replica ${replica}` : ''
  console.log(beside('till hears', [`${status} ${outcome} ${dim(`in ${Math.round(ms)} ms${by}`)}`]))
  console.log(
    drawScreen(demo.venueName, operation, reply)
      .map((line) => indent + line)
      .join('\n'),
  )
}

export function printCalls(calls: CoreCall[]) {
  console.log(beside('core is asked', calls.flatMap(callLines)))
}

/** @returns which replica has answered; undefined if there is only one adapter, or no answer */
export function replicaOf(answer: TillAnswer | undefined): string | undefined {
  return answer?.headers[replicaHeader]
}

function callLines({ method, path, status, body }: CoreCall): string[] {
  return [`${method.padEnd(4)} ${path} ${dim(`→ ${status ?? 'no answer'}`)}`, ...wrapJson(body).map(dim)]
}

/** @returns whether all claims are true; those that are not are shown */
export function printClaims(claims: Record<string, boolean>): boolean {
  const wrong = Object.entries(claims).filter(([, isTrue]) => !isTrue)
  for (const [claim] of wrong) console.log(beside('', [bad(`✘ not so: ${claim}`)]))
  return wrong.length === 0
}

/** A ticket as a consumer of the topic sees it. */
export function printEvent(topic: string, { partition, offset, key, headers, value }: Consumed) {
  const names = Object.entries(headers).map(([name, text]) => `${name}: ${text}`)
  console.log(beside('topic', [`${topic}, partition ${partition}, offset ${offset}`]))
  console.log(beside('key', [key]))
  console.log(beside('headers', names))
  console.log(beside('value', wrapJson(value)))
}

/** @returns JSON text in lines that break after commas, without what would steer a terminal */
function wrapJson(json: string): string[] {
  const lines: string[] = []
  for (const piece of printableJson(json).match(/(?:"(?:\\.|[^"\\])*"|[^",])+,?|,/g) ?? []) {
    const last = lines.at(-1)
    if (last === undefined || last.length + piece.length > width - indent.length - labelWidth)
      lines.push(piece)
    else lines[lines.length - 1] = last + piece
  }
  return lines
}

import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { createTill, type Till, type TillAnswer } from './till.ts'
import { wordings } from './till/dialects.ts'
import { drawScreen } from './till/screen.ts'
import type { Operation } from './till/messages.ts'

const usage = `
npm run simulate:till -- --url URL --venue ID --key KEY [--dialect NAME] [--raw] MESSAGE

  balance CARD
  debit   CARD --account BILL --reward ID
  debit   CARD --account BILL --points 200 [--transaction REFERENCE]
  credit  CARD --redemption ID | --original REFERENCE | --account BILL --reward ID
  ticket  [CARD] --account BILL --total 12.50

Prints what the operator sees; with --raw also what went over the wire. Dialects:
${wordings.map(({ name }) => `  ${name}`).join('\n')}
`

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string' },
    venue: { type: 'string' },
    key: { type: 'string' },
    dialect: { type: 'string', default: 'plain JSON' },
    raw: { type: 'boolean', default: false },
    account: { type: 'string' },
    reward: { type: 'string' },
    points: { type: 'string' },
    redemption: { type: 'string' },
    original: { type: 'string' },
    total: { type: 'string' },
    transaction: { type: 'string', default: randomUUID() },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const [operation, cardNumber] = positionals
const { url: baseUrl, venue: venueId, key: apiKey } = options
const wording = wordings.find(({ name }) => name === options.dialect)

const answer =
  baseUrl && venueId && apiKey && wording && isOperation(operation)
    ? await ask(createTill({ baseUrl, venueId, apiKey, wording }), operation)
    : undefined
if (answer && isOperation(operation)) {
  if (options.raw) printWire(answer)
  console.log(drawScreen(`venue ${venueId}`, operation, answer.reply).join('\n'))
  console.log(`HTTP ${answer.status} in ${Math.round(answer.ms)} ms`)
} else if (options.help) console.log(usage)
else {
  console.error(usage)
  process.exitCode = 2
}

function isOperation(word: string | undefined): word is Operation {
  return word === 'balance' || word === 'debit' || word === 'credit' || word === 'ticket'
}

/** @returns undefined if the command line lacks something that the message needs */
async function ask(till: Till, operation: Operation): Promise<TillAnswer | undefined> {
  const { account: accountNumber, reward: rewardId, transaction: transactionId } = options
  const points = options.points === undefined ? undefined : Number(options.points)
  const bill = { transactionId, ...(accountNumber && { accountNumber }) }
  if (operation === 'ticket')
    return options.total === undefined
      ? undefined
      : till.ticket({
          ...bill,
          ...(cardNumber && { cardNumber }),
          closedAt: new Date(),
          total: Number(options.total),
        })
  if (!cardNumber) return undefined

  if (operation === 'balance') return till.balance({ cardNumber })
  if (operation === 'credit')
    return till.credit({
      ...bill,
      cardNumber,
      ...(options.redemption && { redemptionId: options.redemption }),
      ...(options.original && { originalTransactionId: options.original }),
      ...(rewardId && { rewardId }),
      ...(points !== undefined && { points }),
    })
  if (!accountNumber) return undefined
  if (rewardId) return till.debit({ ...bill, accountNumber, cardNumber, rewardId })
  if (points !== undefined) return till.debit({ ...bill, accountNumber, cardNumber, points })
  return undefined
}

function printWire({ request, text }: TillAnswer) {
  console.log(
    `${request.method} ${request.url}\n${request.headers['content-type']}\n${request.body}\n\n${text}\n`,
  )
}

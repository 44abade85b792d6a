import { scryptSync } from 'node:crypto'
import { readDiary } from '../diary/read-diary.ts'
import type { TestService } from '../support/test-service.ts'

/** The least that the configuration takes, since each of many services checks it once. */
const cost = { N: 16_384, r: 1, p: 1 }
const password = 'whoever may see the least'
const salt = Buffer.alloc(16, 7)
const key = scryptSync(password, salt, 32, cost)
const hash = `scrypt$${cost.N}$${cost.r}$${cost.p}$${salt.toString('base64url')}$${key.toString('base64url')}`

/** Several, since one who asks for a lot has to wait. */
const names = Array.from({ length: 8 }, (_, at) => `viewer-${at}`)
export const viewers = names.map((name) => `${name}:viewer:${hash}`).join('\n')

/** @returns what a viewer sees at the console of what has happened, each page as HTML and as JSON, with its headers */
export async function readConsole({ consoleUrl, journalPath }: TestService): Promise<string[]> {
  let asked = 0
  const ask = async (path: string, accept = 'application/json') => {
    const name = names[(asked += 1) % names.length]!
    const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
    const answer = await fetch(consoleUrl + path, { headers: { authorization, accept } })
    if (answer.status === 429 || answer.status >= 500) throw new Error(`${path}: ${answer.status}`)
    return { text: await answer.text(), headers: JSON.stringify([...answer.headers]), path }
  }
  type Listed = { id: string; account?: string; venueId: string }
  const states = ['sent', 'not_done', 'refused', 'confirmed', 'credited', 'in_doubt', 'reversed', 'stuck']
  const redemptionsPath = `/redemptions?${states.map((state) => `state=${state}`).join('&')}`
  const redemptions = JSON.parse((await ask(redemptionsPath)).text) as Listed[]
  const { deadLetters } = JSON.parse((await ask('/dead-letters')).text) as { deadLetters: Listed[] }
  const entries = await readDiary({ JOURNAL_PATH: journalPath })
  const bills = [...redemptions, ...entries].flatMap(({ venueId, account }) =>
    account === undefined ? [] : `/bills/${encodeURIComponent(venueId)}/${encodeURIComponent(account)}`,
  )
  const paths = new Set([
    ...['/', redemptionsPath, '/dead-letters', '/audit'],
    ...bills,
    ...bills.map((path) => `${path}?as=text`),
    ...redemptions.slice(0, 3).map(({ id }) => `/redemptions/${id}`),
    ...deadLetters.slice(0, 3).map(({ id }) => `/dead-letters/${id}`),
    ...entries.slice(0, 3).map(({ requestId }) => `/ids/${requestId}`),
  ])
  const seen: string[] = []
  for (const path of paths)
    for (const accept of ['text/html', 'application/json'])
      seen.push(...Object.values(await ask(path, accept)))
  return seen
}

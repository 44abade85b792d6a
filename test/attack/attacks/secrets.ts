import { createChance } from '../../torture/chance.ts'
import { send, sendAll, type Attack } from '../target.ts'

const ids = ['accountNumber', 'transactionId', 'ticketId', 'siteId', 'terminalId', 'staffId', 'rewardId']
const paths = ['/balance', '/debit', '/credit', '/ticket', '', '/register', '/nowhere']

/** Ways in which somebody might type, scan or encode it. */
const spellings: ((secret: string) => string)[] = [
  (secret) => secret,
  (secret) => secret.toUpperCase(),
  (secret) => secret.split('').join(' '),
  (secret) => encodeURIComponent(secret).replaceAll('-', '%2D'),
  (secret) => Buffer.from(secret).toString('base64'),
  (secret) => `see ${secret} there`,
  (secret) => `https://${secret}@loyalty.example/${secret}`,
]

export const secrets: Record<string, Attack> = {
  'secrets everywhere': {
    what: 'the key and the card in random fields, names, headers and addresses',
    run({ port, login, card, scale }) {
      const chance = createChance(1)
      const key = login.slice(login.indexOf(':') + 1)
      return sendAll(Math.ceil(10_000 * scale), 8, () => {
        const secret = chance.pick(spellings)(chance.pick([key, card]))
        const field = chance.pick([...ids, 'unknownField', secret.slice(0, 60)])
        const message = {
          cardNumber: chance.isHit(0.5) ? card : secret,
          closedAt: '2026-11-23T12:00:00',
          total: 1,
          [field]: secret,
          items: [{ name: secret, id: '1' }],
        }
        const path = chance.pick(paths) + (chance.isHit(0.2) ? `?q=${encodeURIComponent(secret)}` : '')
        const headers = chance.isHit(0.3) ? { 'x-till': encodeURIComponent(secret) } : {}
        const body = chance.isHit(0.9) ? JSON.stringify(message) : `<ticket card="${secret}"/>`
        return send(port, { path, login: chance.pick([login, login, `${key}:${key}`]), headers, body })
      })
    },
  },
}

import { send, sendAll, type Attack } from '../target.ts'

const balance = (card: string) => JSON.stringify({ cardNumber: card })

export const strangers: Record<string, Attack> = {
  'unknown keys': {
    what: 'credits with keys that were never approved, more than the budget has slots',
    run: ({ port, card, scale }) => {
      const body = JSON.stringify({ cardNumber: card, redemptionId: 'r-1', points: 1, transactionId: 'C' })
      return sendAll(Math.ceil(600 * scale), 100, (index) =>
        send(port, { path: '/credit', login: `${2000 + index}:never-approved-key-${index}`, body }),
      )
    },
  },
  guesses: {
    what: 'wrong keys for an approved venue, as fast as they are answered',
    run: ({ port, card, login, scale }) => {
      const [venue] = login.split(':')
      return sendAll(Math.ceil(3_000 * scale), 50, (index) =>
        send(port, { path: '/balance', login: `${venue}:guessed-key-${index}`, body: balance(card) }),
      )
    },
  },
  'held turns': {
    what: "another project's debits of a guest's card, whose core never answers",
    run: ({ port, card, otherLogin, scale }) =>
      sendAll(Math.ceil(60 * scale), 20, (index) =>
        send(port, {
          path: '/debit',
          login: otherLogin,
          body: JSON.stringify({
            cardNumber: card,
            accountNumber: 'A',
            transactionId: `other-${index}`,
            points: 1,
          }),
        }),
      ),
  },
  'replies of the core': {
    what: '300,000 coupons in one reply, names of 900 KB',
    run: ({ port, login, scale }) =>
      sendAll(Math.ceil(40 * scale), 4, (index) =>
        send(port, {
          path: '/balance',
          login,
          body: balance(index % 2 ? 'HUGECOUPONS' : 'HUGENAMES'),
        }),
      ),
  },
}

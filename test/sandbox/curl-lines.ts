import { demo } from '../simulators/core/demo-project.ts'

const { cards, coupons } = demo

/**
 * Commands that work when pasted, in this order or any other.
 * @param url the adapter's, with the base path
 */
export function curlLines(url: string, managementUrl: string): { what: string; command: string }[] {
  const post = (
    what: string,
    operation: string,
    message: Record<string, unknown>,
    key: string = demo.apiKey,
  ) => ({
    what,
    command: [
      `curl -s -u ${demo.venueId}:${key} ${url}/${operation} -H 'content-type: application/json' \\`,
      `  -d '${JSON.stringify(message)}'`,
    ].join('\n'),
  })
  const bill = { cardNumber: cards.anna, accountNumber: '4712' }
  return [
    post("Anna's balance", 'balance', { cardNumber: cards.anna }),
    post('a card that nobody knows', 'balance', { cardNumber: cards.unknown }),
    post('a member who is blocked', 'balance', { cardNumber: cards.blocked }),
    post('her coffee: paste it twice, it is taken once', 'debit', { ...bill, rewardId: coupons.coffee }),
    post('and given back', 'credit', { ...bill, rewardId: coupons.coffee }),
    post('a coupon of another pub', 'debit', { ...bill, rewardId: coupons.otherVenue }),
    post('more points than she has', 'debit', { ...bill, transactionId: 'T-9', points: 5000 }),
    post('a closed bill', 'ticket', {
      ...bill,
      ticketId: 'B-78',
      closedAt: new Date().toISOString(),
      total: '12.50',
    }),
    post('a key that is wrong', 'balance', { cardNumber: cards.anna }, 'not-the-right-key'),
    { what: 'is the address right?', command: `curl -s ${url}` },
    { what: 'is it ready?', command: `curl -s ${managementUrl}/health/ready` },
    { what: 'its metrics', command: `curl -s ${managementUrl}/metrics` },
  ]
}

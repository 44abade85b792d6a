import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listen } from './listen.ts'

/**
 * A core that does nothing but answer, so that it is never the bottleneck: the replies of
 * `contracts/trifft-core.openapi.yaml`, of a usual size. `GET /counts` says how often it was asked what.
 */
const counts: Record<string, number> = {}
const coupon = (index: number) => ({
  id: `uc-${index}`,
  status: 'activated',
  valid_until: 1_893_456_000,
  coupon: {
    id: `c-${index}`,
    name: `Reward number ${index}`,
    description: 'A reward as a guest sees it in the app, with a sentence or two of small print beside it.',
    image_url: `https://cdn.example/coupons/c-${index}.png`,
    type: 'GENERAL',
    points: index % 2 === 0 ? null : 100 * index,
    is_enabled: true,
    params: { aztecEntityCode: `1000000012${index}` },
  },
})
const venue = { id: '5b1e', name: 'The Crown', currency: 'GBP', params: { aztecVenueId: '1902' } }
const coupons = JSON.stringify([1, 2, 3, 4, 5].map(coupon))
const card = JSON.stringify({
  id: 'CARD',
  member: {
    id: '0b6f',
    first_name: 'Anna',
    last_name: 'Kovac',
    email: 'anna@example.com',
    is_blocked: false,
  },
  tier: { id: 't-1', name: 'Gold' },
  wallet: { id: 'w-1', name: 'Points', points: 1250 },
})

const server = createServer((request, response) => {
  const { url = '' } = request
  if (request.method === 'POST') return answerRedeem(request, response)
  if (url.endsWith('/counts')) return send(response, JSON.stringify(counts))
  if (url.includes('/venue')) return answer('findVenue', response, JSON.stringify([venue]))
  if (url.includes('/coupons')) return answer('readRewards', response, coupons)
  answer('readCard', response, card)
})

function answerRedeem(request: IncomingMessage, response: ServerResponse) {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const order = JSON.parse(Buffer.concat(chunks).toString()) as {
      user_coupon_id: string
      reference: string
    }
    const isRestore = request.url?.endsWith('/restore') === true
    const reply = {
      ...coupon(1),
      id: order.user_coupon_id,
      status: isRestore ? 'activated' : 'redeemed',
      reference: order.reference,
    }
    answer(isRestore ? 'restoreCoupon' : 'redeemCoupon', response, JSON.stringify(reply))
  })
}

function answer(operation: string, response: ServerResponse, body: string) {
  counts[operation] = (counts[operation] ?? 0) + 1
  send(response, body)
}

function send(response: ServerResponse, body: string) {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

listen(server)

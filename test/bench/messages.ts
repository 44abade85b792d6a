/** Messages with as many fields as those of real tills; `@N@` becomes a number, a different one in each request. */
export const credentials = { venueId: '1902', apiKey: 'bench-write-key-0123456789abcdef' }

export const headers = {
  'content-type': 'application/json',
  authorization: `Basic ${Buffer.from(`${credentials.venueId}:${credentials.apiKey}`).toString('base64')}`,
}

const common = {
  siteId: '1902',
  siteRef: 'PS-1902',
  salesAreaId: '3',
  terminalId: '12',
  staffId: '4711',
  dateTime: '2026-11-24T19:31:05',
}

export const balance = JSON.stringify({
  ...common,
  transactionId: 'Q-@N@',
  accountNumber: 'A-17',
  cardNumber: 'CARD@N@',
})

export const debit = JSON.stringify({
  ...common,
  transactionId: 'T-@N@',
  accountNumber: 'A-@N@',
  cardNumber: 'CARD@N@',
  rewardId: 'uc-@N@',
})

const items = Array.from({ length: 20 }, (_, index) => ({
  id: `1000000${String(1000 + index)}`,
  name: `Item number ${index} of the menu`,
  quantity: 1 + (index % 3),
  unitPrice: '4.95',
  total: (4.95 * (1 + (index % 3))).toFixed(2),
  tax: '0.83',
  category: 'Mains',
  portion: 'standard',
}))

export const ticket = JSON.stringify({
  ...common,
  ticketId: 'B-@N@',
  transactionId: 'K-@N@',
  accountNumber: 'A-@N@',
  cardNumber: 'CARD@N@',
  openedAt: '2026-11-24T18:02:11',
  closedAt: '2026-11-24T19:31:05',
  businessDate: '2026-11-24',
  currency: 'GBP',
  total: '188.10',
  items,
  payments: [{ type: 'card', amount: '188.10' }],
  covers: 4,
})

import { basic } from '../simulators/till/encode.ts'

/** These may be found nowhere but in what goes to the till and to the core. */
export const canary = {
  card: 'CANARYCARD7731',
  apiKey: 'canary-api-key-5520',
  firstName: 'Canaria',
  lastName: 'Featherstonehaugh',
}

/** One request with a key or card where it should not be. */
export type Placement = {
  where: string
  method: string
  /** Behind the base path. */
  path: string
  headers: Record<string, string>
  body: string
  secret: string
  /** As it is in the request. */
  spelled: string
  /** What the till must hear, if that is the point. */
  code?: string
}

const { card, apiKey } = canary
const base64 = (text: string) => Buffer.from(text).toString('base64')
const percent = (text: string) =>
  [...text].map((each) => `%${each.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')
const authorization = basic({ venueId: '1902', apiKey })

type Operation = 'balance' | 'debit' | 'credit' | 'ticket'
/** Each with ids of its own, so that none counts as a repeat of another. */
const messages: Record<Operation, (id: number) => Record<string, unknown>> = {
  balance: () => ({ cardNumber: card }),
  debit: (id) => ({ cardNumber: card, accountNumber: `A-${id}`, transactionId: `T-${id}`, points: 1 }),
  credit: (id) => ({
    cardNumber: card,
    accountNumber: `A-${id}`,
    originalTransactionId: `O-${id}`,
    points: 1,
  }),
  ticket: (id) => ({
    cardNumber: card,
    ticketId: `B-${id}`,
    closedAt: '2026-11-23T21:15:00Z',
    total: 5,
    currency: 'GBP',
  }),
}
let lastId = 0
const posIds = [
  'transactionId',
  'accountNumber',
  'siteId',
  'siteRef',
  'salesAreaId',
  'terminalId',
  'staffId',
  'dateTime',
]
const ids: Record<Operation, string[]> = {
  balance: posIds,
  debit: [...posIds, 'rewardId'],
  credit: [...posIds, 'originalTransactionId', 'redemptionId', 'rewardId'],
  ticket: [...posIds, 'ticketId', 'businessDate', 'currency'],
}
const lists: [list: string, fields: string[]][] = [
  ['items', ['id', 'name', 'category', 'portion']],
  ['discounts', ['id', 'name']],
  ['payments', ['type']],
  ['redemptions', ['redemptionId', 'rewardId']],
]

/** The ways in which a secret is written. */
const spellings: [how: string, spell: (secret: string) => string][] = [
  ['', (secret) => secret],
  [' in capitals', (secret) => secret.toUpperCase()],
  [' in lower case', (secret) => secret.toLowerCase()],
  [' with blanks', (secret) => (secret.match(/.{1,4}/g) ?? []).join(' ')],
  [' in Base64', base64],
  [' as percent codes', percent],
  [' inside a longer text', (secret) => `Tab ${secret}/2`],
]

function post(
  where: string,
  operation: Operation,
  more: object,
  secret: string,
  spelled = secret,
): Placement {
  const { points, ...message } = messages[operation](++lastId)
  const isOfCoupon = 'rewardId' in more
  const body = JSON.stringify({
    ...message,
    ...(isOfCoupon || points === undefined ? {} : { points }),
    ...more,
  })
  const headers = { 'content-type': 'application/json', authorization }
  return { where, method: 'POST', path: `/${operation}`, headers, body, secret, spelled }
}

function raw(where: string, secret: string, more: Partial<Placement>, spelled = secret): Placement {
  return { ...post(where, 'ticket', {}, secret, spelled), ...more }
}

const secrets = { key: apiKey, card }
const ofBoth = <T>(make: (name: string, secret: string) => T[]): T[] =>
  Object.entries(secrets).flatMap(([name, secret]) => make(`the ${name}`, secret))

const inIds = ofBoth((name, secret) =>
  Object.entries(ids).flatMap(([operation, fields]) =>
    fields.map((field) =>
      post(`${field} of a ${operation}: ${name}`, operation as Operation, { [field]: secret }, secret),
    ),
  ),
)
const inLists = ofBoth((name, secret) =>
  lists.flatMap(([list, fields]) =>
    fields.map((field) =>
      post(`${list}.${field}: ${name}`, 'ticket', { [list]: [{ [field]: secret }] }, secret),
    ),
  ),
)
const inSpellings = ofBoth((name, secret) =>
  spellings
    .slice(1)
    .flatMap(([how, spell]) =>
      (['debit', 'ticket'] as const).map((operation) =>
        post(
          `accountNumber of a ${operation}: ${name}${how}`,
          operation,
          { accountNumber: spell(secret) },
          secret,
          spell(secret),
        ),
      ),
    ),
)
const inOddFields = ofBoth((name, secret) => [
  post(`an unknown field: ${name}`, 'balance', { guestNote: secret }, secret),
  post(`an unknown object: ${name}`, 'ticket', { guest: { note: [secret] } }, secret),
  post(`the name of a field: ${name}`, 'balance', { [secret]: 1 }, secret),
  post(`the name of a field inside: ${name}`, 'ticket', { guest: { [secret]: 1 } }, secret),
  post(`the method: ${name}`, 'balance', { method: secret }, secret),
  post(`an amount: ${name}`, 'ticket', { total: secret }, secret),
  post(`a time: ${name}`, 'ticket', { closedAt: secret }, secret),
  post(`an object for an id: ${name}`, 'ticket', { ticketId: { a: secret } }, secret),
])
const inHeaders = ofBoth((name, secret) => [
  ...[
    'X-Till-Note',
    'User-Agent',
    'Accept',
    'Accept-Language',
    'Referer',
    'Cookie',
    'X-Request-Id',
    'traceparent',
  ].map((header) =>
    raw(`the header ${header}: ${name}`, secret, { headers: { ...messageHeaders(), [header]: secret } }),
  ),
  raw(`the name of a header: ${name}`, secret, { headers: { ...messageHeaders(), [`x-${secret}`]: '1' } }),
  raw(`the media type: ${name}`, secret, {
    headers: { ...messageHeaders(), 'content-type': `text/${secret}` },
  }),
  raw(`the charset: ${name}`, secret, {
    headers: { ...messageHeaders(), 'content-type': `application/json; charset=${secret}` },
  }),
  raw(`the packing: ${name}`, secret, { headers: { ...messageHeaders(), 'content-encoding': secret } }),
])
const inAddresses = ofBoth((name, secret) => [
  raw(`the operation of an address: ${name}`, secret, { path: `/${secret}` }),
  raw(`an address, twice: ${name}`, secret, { path: `/${secret}/${secret.toLowerCase()}` }),
  raw(
    `an address as percent codes: ${name}`,
    secret,
    { path: `/ticket/${percent(secret)}` },
    percent(secret),
  ),
  raw(`an address in Base64: ${name}`, secret, { path: `/x/${base64(secret)}` }, base64(secret)),
  raw(`a query: ${name}`, secret, { path: `/ticket?card=${secret}` }),
  raw(`the name of a query: ${name}`, secret, { path: `/ticket?${secret}=1` }),
  raw(`the query of a GET: ${name}`, secret, { method: 'GET', path: `?${secret}`, body: '' }),
])
const inUnknownSyntax = ofBoth((name, secret) =>
  [
    ['XML', 'text/xml', `<a b="${secret}"><card>${secret}</card><!-- ${secret} --></a>`],
    ['the name of an element', 'text/xml', `<a><${secret}>1</${secret}></a>`],
    ['lines', 'text/plain', `CARD|${secret}\nKEY ${secret}`],
    ['a form', 'application/x-www-form-urlencoded', `request=%7B%7D&note=${secret}&${secret}=1`],
    ['broken JSON', 'application/json', `{"cardNumber":"${secret}","accountNumber":"${secret}",}`],
    ['a text of JSON', 'application/json', `"${secret}"`],
    ['UTF-16', 'application/json; charset=utf-16', Buffer.from(`{"a":"${secret}"}`).toString('utf16le')],
  ].map(([what, type, body]) =>
    raw(`${what}: ${name}`, secret, { headers: { ...messageHeaders(), 'content-type': type! }, body: body! }),
  ),
)
const inCardNumbers = [
  ['in an address', `https://app.example/c/${card}`],
  ['with a user part', `https://${card}@app.example/c/${card}`],
  ['as an e-mail', `${card}@example.com`],
  ['twice', `${card}${card}`],
  ['twice in an address', `https://app.example/${card}/c/${card}?c=${card}`],
  ['behind a prefix', `LOY-${card}`],
  ['behind a prefix, twice', `LOY-${card} LOY-${card}`],
].flatMap(([how, cardNumber]) =>
  (['balance', 'ticket'] as const).map((operation) =>
    post(`the card number of a ${operation} ${how}`, operation, { cardNumber }, card),
  ),
)
const inCredentials = (
  [
    ['both boxes', basic({ venueId: apiKey, apiKey }), 'CREDENTIALS_WRONG'],
    ['both boxes, one in capitals', basic({ venueId: apiKey.toUpperCase(), apiKey }), 'CREDENTIALS_WRONG'],
    ['the box of the venue', basic({ venueId: apiKey, apiKey: '1902' }), 'CREDENTIALS_WRONG'],
    ['a Bearer', `Bearer ${apiKey}`, 'CREDENTIALS_MISSING'],
    ['a header without a scheme', apiKey, 'CREDENTIALS_MISSING'],
    ['a scheme of its own', `ApiKey key="${apiKey}"`, 'CREDENTIALS_MISSING'],
    ['a header that is no Base64', `Basic 1902:${apiKey}`, 'CREDENTIALS_MISSING'],
  ] as const
).map(([how, header, code]) => ({
  ...raw(`${how}: the key`, apiKey, { headers: { ...messageHeaders(), authorization: header } }),
  code,
}))
const inMessageCredentials = (['username', 'token'] as const).map((name) => ({
  ...post(`${name} and password inside: the key`, 'balance', { [name]: apiKey, password: apiKey }, apiKey),
  headers: { 'content-type': 'application/json' },
  code: 'CREDENTIALS_WRONG',
}))

function messageHeaders(): Record<string, string> {
  return { 'content-type': 'application/json', authorization }
}

/** @returns a request at the base path for each body, with the key and with the card in it */
export function placementsIn(
  contentType: string,
  bodies: Record<string, (secret: string) => string>,
): Placement[] {
  const headers = { ...messageHeaders(), 'content-type': contentType }
  return Object.entries(bodies).flatMap(([where, toBody]) =>
    ofBoth((name, secret) => [raw(`${where}: ${name}`, secret, { path: '', headers, body: toBody(secret) })]),
  )
}

/** Most at one service. Each of them looks through all that the service has written. */
const maxTogether = 15

/** Of one secret each: at one service, one after the other. */
const together = [...inIds, ...inLists, ...inSpellings, ...inCardNumbers]
/** What is refused or noticed only once by a service: each has a service of its own. */
const alone = [
  ...inOddFields,
  ...inHeaders,
  ...inAddresses,
  ...inUnknownSyntax,
  ...inCredentials,
  ...inMessageCredentials,
]

/** What is sent to one service each. */
export const batches: Placement[][] = [
  ...Object.values(secrets).flatMap((secret) =>
    inBatches(together.filter((placement) => placement.secret === secret)),
  ),
  ...alone.map((placement) => [placement]),
]

function inBatches(all: Placement[]): Placement[][] {
  const count = Math.ceil(all.length / maxTogether)
  return Array.from({ length: count }, (_, index) =>
    all.slice(index * maxTogether, (index + 1) * maxTogether),
  )
}

import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { createMessageReader, createSqlReader, isDone, type Message } from './postgres-messages.ts'
import { resetSocket } from './reset-socket.ts'

/**
 * `cut`: both sides get a reset. `swallow`: nothing gets through any more in either direction, and neither side gets an
 * error, as in a network that drops every packet.
 */
export type Fault = 'cut' | 'swallow'

/**
 * `before`: the server never gets the statement. `in`: the server gets the statement, and the connection breaks while it
 * runs. `after`: the server has run the statement, and its answer gets lost.
 */
export type Moment = 'before' | 'in' | 'after'

/** @property behind what the transaction of the statement must have run before */
type Breakage = { statement: RegExp; behind: RegExp; moment: Moment; fault: Fault; happened(): void }

/** Of all connections of a proxy. The first one that runs the statement gets the breakage. */
export type Conditions = { delayMs: number; breakage?: Breakage | undefined }

/** @property isBroken after either fault */
export type ProxiedConnection = { cut(): void; swallow(): void; isBroken(): boolean; ended: Promise<void> }

/** Connects a client with the server, message by message. */
export function proxyConnection(
  client: Socket,
  { hostname, port }: URL,
  conditions: Conditions,
): ProxiedConnection {
  const server = connect({ host: hostname, port: Number(port), noDelay: true })
  const readClient = createMessageReader('client')
  const readServer = createMessageReader('server')
  const readSql = createSqlReader()
  /** What it has run since it began. */
  let transaction = ''
  let isBroken = false
  let unconfirmed: { breakage: Breakage; answers: Message[] } | undefined
  let sent = Promise.resolve()

  const send = (act: () => void) => {
    const dueMs = performance.now() + conditions.delayMs
    sent = sent.then(async () => {
      const waitMs = dueMs - performance.now()
      if (waitMs > 0) await pause(waitMs)
      if (!isBroken) act()
    })
  }
  const answer = ({ bytes }: Message) => send(() => client.write(bytes))

  function onRequest(message: Message) {
    // No TLS, since encrypted messages could not be read here.
    if (message.type === 'encryption') return client.write('N')
    const sql = readSql(message)
    const breakage = sql !== undefined ? claim(conditions, sql, transaction) : undefined
    if (sql !== undefined) transaction = /\bBEGIN\b/.test(sql) ? sql : `${transaction};${sql}`
    if (breakage?.moment === 'before') return breakIt(breakage)
    server.write(message.bytes)
    if (breakage?.moment === 'in') breakIt(breakage)
    if (breakage?.moment === 'after') unconfirmed = { breakage, answers: [] }
  }

  function onAnswer(message: Message) {
    if (!unconfirmed) return answer(message)
    const { breakage, answers } = unconfirmed
    answers.push(message)
    if (message.type !== 'Z') return
    unconfirmed = undefined
    if (isDone(answers)) return breakIt(breakage)
    conditions.breakage ??= breakage
    answers.forEach(answer)
  }

  function breakIt({ fault, moment, happened }: Breakage) {
    isBroken = true
    if (fault === 'cut') {
      resetSocket(client)
      // With a reset, the server might drop the statement unread.
      if (moment === 'in') server.end()
      else resetSocket(server)
    }
    happened()
  }

  client.on('data', (piece) => {
    for (const message of readClient(piece)) if (!isBroken) onRequest(message)
  })
  server.on('data', (piece) => {
    for (const message of readServer(piece)) if (!isBroken) onAnswer(message)
  })
  client.once('close', () => isBroken || server.end())
  server.once('close', () => {
    if (unconfirmed) conditions.breakage ??= unconfirmed.breakage
    send(() => client.end())
  })

  return {
    cut() {
      isBroken = true
      resetSocket(client)
      resetSocket(server)
    },
    swallow() {
      isBroken = true
    },
    isBroken: () => isBroken,
    ended: Promise.all([closing(client), closing(server)]).then(() => undefined),
  }
}

/** For a client that connects while everything is swallowed. */
export function swallowAll(client: Socket): ProxiedConnection {
  client.resume()
  return {
    cut: () => resetSocket(client),
    swallow: () => undefined,
    isBroken: () => true,
    ended: closing(client),
  }
}

/** @returns the breakage if it is for this statement; no other connection gets it then */
function claim(conditions: Conditions, sql: string, transaction: string): Breakage | undefined {
  const { breakage } = conditions
  if (!breakage?.statement.test(sql) || !breakage.behind.test(transaction)) return undefined
  conditions.breakage = undefined
  return breakage
}

function closing(socket: Socket): Promise<void> {
  // Every error is followed by `close`.
  socket.on('error', () => undefined)
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

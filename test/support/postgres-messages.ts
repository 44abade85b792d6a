/** https://www.postgresql.org/docs/current/protocol-message-formats.html */
export type Message = {
  /** The first byte. The messages that open a connection have none; theirs is `startup`, `encryption` or `cancel`. */
  type: string
  /** The whole message, as on the wire. */
  bytes: Buffer
  body: Buffer
}

const openings: Record<number, string> = {
  80877103: 'encryption',
  80877104: 'encryption',
  80877102: 'cancel',
}

/**
 * @param from whose messages they are: only a client's stream begins with messages without a type
 * @returns takes the next piece of the stream, and returns the messages that are complete by now
 */
export function createMessageReader(from: 'client' | 'server'): (piece: Buffer) => Message[] {
  let rest = Buffer.alloc(0)
  let isOpening = from === 'client'

  function next(): Message | undefined {
    const typeLength = isOpening ? 0 : 1
    const bodyStart = typeLength + 4
    if (rest.length < bodyStart) return undefined
    // The length counts itself.
    const end = typeLength + rest.readInt32BE(typeLength)
    if (rest.length < end) return undefined
    const bytes = rest.subarray(0, end)
    rest = rest.subarray(end)
    const body = bytes.subarray(bodyStart)
    if (!isOpening) return { type: String.fromCharCode(bytes[0] ?? 0), bytes, body }
    const type = openings[body.readInt32BE(0)] ?? 'startup'
    isOpening = type !== 'startup'
    return { type, bytes, body }
  }

  return (piece) => {
    rest = Buffer.concat([rest, piece])
    const messages: Message[] = []
    for (let message = next(); message; message = next()) messages.push(message)
    return messages
  }
}

/**
 * Follows what SQL a client runs, by Query, or by Parse, Bind and Execute.
 * @returns takes the client's next message, and returns the SQL that the server runs because of it
 */
export function createSqlReader(): (message: Message) => string | undefined {
  const statements = new Map<string, string>()
  const portals = new Map<string, string>()
  return ({ type, body }) => {
    const [first = '', second = ''] = body.toString('latin1').split('\0')
    switch (type) {
      case 'Q':
        return first
      case 'P':
        statements.set(first, second)
        return undefined
      case 'B':
        portals.set(first, statements.get(second) ?? '')
        return undefined
      case 'E':
        return portals.get(first)
      default:
        return undefined
    }
  }
}

/** @returns whether these answers, which end with ReadyForQuery, tell of neither a failure nor a rollback */
export function isDone(messages: Message[]): boolean {
  return !messages.some(
    ({ type, body }) => type === 'E' || (type === 'C' && body.toString('latin1').startsWith('ROLLBACK')),
  )
}

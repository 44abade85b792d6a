/** The fields of a protobuf message, by number, in their order: numbers as they are, all else as bytes. */
export type Message = Map<number, (bigint | Buffer)[]>

/** Reads a message without knowing its schema: https://protobuf.dev/programming-guides/encoding/ */
export function readMessage(bytes: Buffer): Message {
  const message: Message = new Map()
  let at = 0

  function readVarint(): bigint {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new Error('the message is cut')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }

  function take(length: number): Buffer {
    if (at + length > bytes.length) throw new Error('the message is cut')
    return bytes.subarray(at, (at += length))
  }

  while (at < bytes.length) {
    const tag = Number(readVarint())
    const field = tag >> 3
    const kind = tag & 7
    if (![0, 1, 2, 5].includes(kind)) throw new Error(`field ${field} has the unknown kind ${kind}`)
    const value = kind === 0 ? readVarint() : take(kind === 1 ? 8 : kind === 5 ? 4 : Number(readVarint()))
    message.set(field, [...(message.get(field) ?? []), value])
  }
  return message
}

/** @returns the messages in a field, none if it is absent */
export function messagesIn(message: Message, field: number): Message[] {
  return bytesIn(message, field).map(readMessage)
}

export function bytesIn(message: Message, field: number): Buffer[] {
  return (message.get(field) ?? []).filter((value) => typeof value !== 'bigint')
}

/** @returns an empty text if it is absent */
export function textIn(message: Message, field: number, encoding: BufferEncoding = 'utf8'): string {
  return bytesIn(message, field)[0]?.toString(encoding) ?? ''
}

/** @returns 0 if it is absent */
export function numberIn(message: Message, field: number): number {
  const [value = 0n] = message.get(field) ?? []
  return typeof value === 'bigint' ? Number(value) : 0
}

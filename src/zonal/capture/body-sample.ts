import type { IncomingMessage } from 'node:http'
import { findDecoder, readContentEncoding, unpackedChunks } from '../http/decode.ts'

/** Of a longer body its beginning is captured. */
export const sampleBytes = 64 * 1024

export type BodySample = {
  /** What has come so far, up to 64 KiB. */
  bytes(): Buffer
  /** Of all that has come. */
  totalBytes(): number
}

/**
 * Listens to a body whoever reads it, also if nobody does. It begins to flow in the next turn of the event loop, so
 * whoever reads it has to begin in this one.
 */
export function sampleBody(request: IncomingMessage): BodySample {
  const chunks: Buffer[] = []
  let keptBytes = 0
  let totalBytes = 0
  request.on('data', (chunk: Buffer) => {
    totalBytes += chunk.length
    const room = sampleBytes - keptBytes
    if (room <= 0) return
    // Copied, as a chunk may be a single byte that holds a whole page of memory.
    chunks.push(Buffer.from(chunk.subarray(0, room)))
    keptBytes += Math.min(room, chunk.length)
  })
  return { bytes: () => Buffer.concat(chunks), totalBytes: () => totalBytes }
}

/**
 * A body of any type, charset or packing as text, so that its shape can be seen. Bytes in no charset that is recognised
 * become a character each.
 * @param how `charset` is undefined if what the request says of it cannot be relied on
 */
export async function readSample(
  bytes: Buffer,
  how: { charset: string | undefined; contentEncoding: string },
): Promise<string> {
  const unpacked = await unpackBeginning(bytes, how.contentEncoding)
  const decode = how.charset === undefined ? undefined : findDecoder(how.charset)
  return decode ? decode(unpacked) : guessText(unpacked)
}

async function unpackBeginning(bytes: Buffer, contentEncoding: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let unpackedBytes = 0
  try {
    const coding = readContentEncoding(contentEncoding)
    if (!coding) return bytes
    for await (const chunk of unpackedChunks(bytes, coding)) {
      chunks.push(chunk)
      unpackedBytes += chunk.length
      if (unpackedBytes >= sampleBytes) break
    }
  } catch {
    if (unpackedBytes === 0) return bytes
  }
  return Buffer.concat(chunks).subarray(0, sampleBytes)
}

function guessText(bytes: Buffer): string {
  if (bytes[0] === 0 || (bytes[0] === 0xfe && bytes[1] === 0xff))
    return new TextDecoder('utf-16be').decode(bytes)
  if (bytes[1] === 0 || (bytes[0] === 0xff && bytes[1] === 0xfe))
    return new TextDecoder('utf-16le').decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return bytes.toString('latin1')
  }
}

import type { IncomingMessage } from 'node:http'
import { findDecoder, readContentEncoding, unpackedChunks } from '../http/decode.ts'

/** Only the beginning of a longer body is captured. */
export const sampleBytes = 64 * 1024

export type BodySample = {
  /** What has arrived so far, up to 64 KiB. */
  bytes(): Buffer
  /** The length of all that has arrived. */
  totalBytes(): number
}

/**
 * Watches a body, whether anything else reads it or not. It begins to flow in the next turn of the event loop, so its reader
 * has to start in this one.
 */
export function sampleBody(request: IncomingMessage): BodySample {
  const chunks: Buffer[] = []
  let keptBytes = 0
  let totalBytes = 0
  request.on('data', (chunk: Buffer) => {
    totalBytes += chunk.length
    const room = sampleBytes - keptBytes
    if (room <= 0) return
    // Copied, since even a single byte keeps its whole memory page alive.
    chunks.push(Buffer.from(chunk.subarray(0, room)))
    keptBytes += Math.min(room, chunk.length)
  })
  return { bytes: () => Buffer.concat(chunks), totalBytes: () => totalBytes }
}

/**
 * A body of any type, charset and coding as text, so that its shape can be seen. If its charset is not recognised, each byte
 * becomes a character.
 * @param how `charset` is undefined if the request does not reliably say it
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

import { createHash, type Hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { finished } from 'node:stream/promises'
import { isCutOff } from '../../http/server.ts'
import { bodyLate } from './body.ts'

/** Up to here all of a body is held. */
const wholeBytes = 1024 ** 2
/** Of a longer one its beginning is kept, */
export const beginningBytes = 64 * 1024
/** and a little more is held, so that a key that is cut there can still be recognised. */
const spareBytes = 16 * 1024
/** What is longer is no ticket, and nobody uploads for ever. */
const mostBytes = 16 * 1024 ** 2

export type Sample = {
  /** All, or the beginning of what is longer than 1 MiB. */
  bytes: Buffer
  /** Of what is longer than 1 MiB; `sha256` in hex, of all of it. */
  cut: { totalBytes: number; sha256: string } | undefined
}

export type Upload = {
  /**
   * Waits for the rest of the body. To be asked once.
   * @returns undefined for what is longer than 16 MiB, or broken
   * @throws Refusal for what has not come whole in time
   */
  sample(): Promise<Sample | undefined>
}

/**
 * Listens to a body while it is read by whoever reads it, who may stop in the middle. The body begins to flow in the next
 * turn of the event loop, so whoever reads it has to begin in this one.
 */
export function receiveUpload(request: IncomingMessage): Upload {
  const taker = createSampleTaker()
  const ended = new AbortController()
  request.on('error', (error) => ended.abort(error))
  request.on('data', (chunk: Buffer) => {
    if (taker.add(chunk)) return
    request.pause()
    ended.abort()
  })
  return {
    async sample() {
      try {
        request.resume()
        await finished(request, { signal: ended.signal })
        return taker.result()
      } catch {
        const broken = ended.signal.reason as { code?: string } | undefined
        if (isCutOff(broken?.code)) throw bodyLate()
        return undefined
      }
    },
  }
}

/** @returns undefined for what is longer than 16 MiB */
export async function takeSample(chunks: AsyncIterable<Buffer>): Promise<Sample | undefined> {
  const taker = createSampleTaker()
  for await (const chunk of chunks) if (!taker.add(chunk)) return undefined
  return taker.result()
}

/** Never holds more than 1 MiB. */
function createSampleTaker() {
  let held: Buffer = Buffer.alloc(0)
  let totalBytes = 0
  let hash: Hash | undefined

  return {
    /** @returns false once it is too much */
    add(chunk: Buffer): boolean {
      const heldBytes = totalBytes
      totalBytes += chunk.length
      if (!hash && totalBytes > wholeBytes) {
        hash = createHash('sha256').update(held.subarray(0, heldBytes))
        const begun = Buffer.concat([held.subarray(0, heldBytes), chunk])
        held = Buffer.from(begun.subarray(0, beginningBytes + spareBytes))
      }
      if (hash) hash.update(chunk)
      else held = append(held, heldBytes, chunk)
      return totalBytes <= mostBytes
    },
    result(): Sample {
      if (!hash) return { bytes: held.subarray(0, totalBytes), cut: undefined }
      return { bytes: held, cut: { totalBytes, sha256: hash.digest('hex') } }
    },
  }
}

/** Copied, as a chunk may be a single byte that holds a whole page of memory. */
function append(held: Buffer, heldBytes: number, chunk: Buffer): Buffer {
  const neededBytes = heldBytes + chunk.length
  const room = neededBytes <= held.length ? held : Buffer.alloc(Math.max(neededBytes, 2 * held.length))
  if (room !== held) held.copy(room, 0, 0, heldBytes)
  chunk.copy(room, heldBytes)
  return room
}

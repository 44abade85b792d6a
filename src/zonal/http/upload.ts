import { createHash, type Hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { finished } from 'node:stream/promises'
import { isCutOff } from '../../http/server.ts'
import { bodyLate } from './body.ts'

/** A body up to this length is kept completely. */
const completeBytes = 1024 ** 2
/** Only this much of a longer one is kept, */
export const beginningBytes = 64 * 1024
/** and a little more is held, so that a key at its end can be recognised. */
const spareBytes = 16 * 1024
/** Nothing longer is a ticket, and no upload may go on for ever. */
const maxBytes = 16 * 1024 ** 2

export type Sample = {
  /** The body, or the beginning of one that is longer than 1 MiB. */
  bytes: Buffer
  /** Only for a body longer than 1 MiB. `sha256` is that of the complete body, in hex. */
  cut: { totalBytes: number; sha256: string } | undefined
}

type Upload = {
  /**
   * Waits for the rest of the body. To be called once.
   * @returns undefined for a body that is longer than 16 MiB, or broken off
   * @throws Refusal for one that did not arrive completely in time
   */
  sample(): Promise<Sample | undefined>
}

/**
 * Watches a body while something else reads it, which may stop in the middle. The body begins to flow in the next turn of the
 * event loop, so its reader has to start in this one.
 */
export function receiveUpload(request: IncomingMessage): Upload {
  const collector = createSampleCollector()
  const ended = new AbortController()
  request.on('error', (error) => ended.abort(error))
  request.on('data', (chunk: Buffer) => {
    if (collector.add(chunk)) return
    request.pause()
    ended.abort()
  })
  return {
    async sample() {
      try {
        request.resume()
        await finished(request, { signal: ended.signal })
        return collector.result()
      } catch {
        const broken = ended.signal.reason as { code?: string } | undefined
        if (isCutOff(broken?.code)) throw bodyLate()
        return undefined
      }
    },
  }
}

/** @returns undefined for more than 16 MiB */
export async function collectSample(chunks: AsyncIterable<Buffer>): Promise<Sample | undefined> {
  const collector = createSampleCollector()
  for await (const chunk of chunks) if (!collector.add(chunk)) return undefined
  return collector.result()
}

/** It never holds more than 1 MiB. */
function createSampleCollector() {
  let held: Buffer = Buffer.alloc(0)
  let totalBytes = 0
  let hash: Hash | undefined

  return {
    /** @returns false once it is too long */
    add(chunk: Buffer): boolean {
      const heldBytes = totalBytes
      totalBytes += chunk.length
      if (!hash && totalBytes > completeBytes) {
        hash = createHash('sha256').update(held.subarray(0, heldBytes))
        const begun = Buffer.concat([held.subarray(0, heldBytes), chunk])
        held = Buffer.from(begun.subarray(0, beginningBytes + spareBytes))
      }
      if (hash) hash.update(chunk)
      else held = append(held, heldBytes, chunk)
      return totalBytes <= maxBytes
    },
    result(): Sample {
      if (!hash) return { bytes: held.subarray(0, totalBytes), cut: undefined }
      return { bytes: held, cut: { totalBytes, sha256: hash.digest('hex') } }
    },
  }
}

/** Copies the chunk, since even a single byte keeps its whole memory page alive. */
function append(held: Buffer, heldBytes: number, chunk: Buffer): Buffer {
  const neededBytes = heldBytes + chunk.length
  const room = neededBytes <= held.length ? held : Buffer.alloc(Math.max(neededBytes, 2 * held.length))
  if (room !== held) held.copy(room, 0, 0, heldBytes)
  chunk.copy(room, heldBytes)
  return room
}

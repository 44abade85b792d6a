import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'
import { Refusal } from '../../model/refusal.ts'

const utf16be = new TextDecoder('utf-16be')
/** By charset. They drop a byte order mark. Anything labelled ASCII that is not ASCII is most likely UTF-8. */
const decoders = new Map([
  ...['utf-8', 'utf8', 'us-ascii', 'ascii'].map((charset) => [charset, new TextDecoder('utf-8')] as const),
  ...['iso-8859-1', 'latin1', 'windows-1252', 'cp1252'].map(
    (charset) => [charset, new TextDecoder('windows-1252')] as const,
  ),
  ...['utf-16', 'utf-16le'].map((charset) => [charset, new TextDecoder('utf-16le')] as const),
])

/** How a body is compressed. */
type Coding = 'gzip' | 'deflate' | 'br'

const codings = new Map<string, Coding>([
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['br', 'br'],
])

/** In lower case. */
type ContentType = { mediaType: string; charset: string }

/** @param contentType as it came; '' if the header is missing */
export function readContentType(contentType: string): ContentType {
  const [mediaType = '', ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length)
  return { mediaType, charset: charset?.replaceAll('"', '') ?? 'utf-8' }
}

/** @returns undefined for an unknown charset */
export function findDecoder(charset: string): ((bytes: Buffer) => string) | undefined {
  const decoder = decoders.get(charset)
  return decoder && ((bytes) => (isBigEndian(bytes) ? utf16be : decoder).decode(bytes))
}

/**
 * @param contentEncoding as it came; '' if the header is missing
 * @returns undefined for a body that is not compressed
 * @throws Refusal `MEDIA_TYPE_UNSUPPORTED` for an unknown coding, or several
 */
export function readContentEncoding(contentEncoding: string): Coding | undefined {
  const names = contentEncoding.split(',').map((name) => name.trim().toLowerCase())
  const [name, ...more] = names.filter((each) => each !== '' && each !== 'identity')
  if (name === undefined) return undefined
  const coding = codings.get(name)
  if (!coding || more.length > 0)
    throw new Refusal('MEDIA_TYPE_UNSUPPORTED', { message: 'unsupported content coding' })
  return coding
}

/**
 * @param limitBytes for the decompressed body
 * @throws Refusal `MESSAGE_TOO_LARGE`; `MESSAGE_UNREADABLE` for bytes that are not compressed in that way
 */
export async function unpack(bytes: Buffer, coding: Coding | undefined, limitBytes: number): Promise<Buffer> {
  if (!coding) return bytes
  const chunks: Buffer[] = []
  let unpackedBytes = 0
  for await (const chunk of unpackedChunks(bytes, coding)) {
    unpackedBytes += chunk.length
    if (unpackedBytes > limitBytes)
      throw new Refusal('MESSAGE_TOO_LARGE', { message: 'the body is longer than its limit' })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/**
 * Decompresses only as far as chunks are asked for.
 * @throws Refusal `MESSAGE_UNREADABLE` for bytes that are not compressed in that way
 */
export async function* unpackedChunks(bytes: Buffer, coding: Coding): AsyncGenerator<Buffer> {
  const unpacker = createUnpacker(bytes, coding)
  unpacker.end(bytes)
  try {
    for await (const chunk of unpacker) yield chunk as Buffer
  } catch {
    throw new Refusal('MESSAGE_UNREADABLE', { message: 'the body cannot be decompressed' })
  }
}

function createUnpacker(bytes: Buffer, coding: Coding): Transform {
  switch (coding) {
    case 'gzip':
      return createGunzip()
    case 'deflate':
      return hasZlibHeader(bytes) ? createInflate() : createInflateRaw()
    case 'br':
      return createBrotliDecompress()
  }
}

/** "deflate" means the zlib format, but some clients leave out its header: https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.2 */
function hasZlibHeader(bytes: Buffer): boolean {
  const [first = 0, second = 0] = bytes
  return (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0
}

/** The byte order mark of UTF-16 as Java writes it. No message in another charset begins with it. */
function isBigEndian(bytes: Buffer): boolean {
  return bytes[0] === 0xfe && bytes[1] === 0xff
}

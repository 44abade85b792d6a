import type { Credentials } from '../../model/words.ts'
import { base64Cores } from '../../model/secret-spotter.ts'
import { removed, type Remove } from './credential-fields.ts'

/**
 * Removes the credentials from what a till has sent: its own key in any spelling, and what `removeNamed` removes. Everything
 * else stays as it is, byte for byte.
 * @param removeNamed one for each dialect that the text may be in; removes what its credential fields hold
 */
export function createCredentialsRemover({ venueId, apiKey }: Credentials, removeNamed: readonly Remove[]) {
  const packed = [`${venueId}:${apiKey}`, apiKey].map((text) => `${spellingsOf(base64(text))}(?:=|%3D){0,2}`)
  // Within a longer text in Base64.
  const inside = base64Cores(apiKey).map((core) => spellingsOf(core))
  const spelled = new RegExp([spellingsOf(apiKey, blanks), ...packed, ...inside].join('|'), 'gi')

  function fromText(text: string): string {
    return removeNamed.reduce((rest, remove) => remove(rest), text.replace(spelled, removed))
  }

  return {
    fromText,
    /** In any charset: nearly all contain ASCII unchanged, and UTF-16 has it in every second byte. */
    fromBytes: (bytes: Buffer): Buffer =>
      [latin1, utf16From(0), utf16From(1)].reduce((rest, view) => view(rest, fromText), bytes),
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64').replace(/=+$/, '')
}

/** Each character as it is, or escaped as in JSON, forms or XML, also one inside the other. */
function spellingsOf(secret: string, between = ''): string {
  return [...secret].map(spellingsOfCharacter).join(between)
}

/** The key may have been typed in groups. It has no blanks of its own, so a text can be matched in one way only. */
const blanks = '\\s{0,3}'

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

function spellingsOfCharacter(character: string): string {
  const code = character.charCodeAt(0)
  const hex = code.toString(16).padStart(2, '0')
  const spellings = [
    `(?:\\\\|%5C){0,3}${RegExp.escape(character)}`,
    `(?:\\\\|%5C){1,3}(?:u00${hex}|(?:%25)?%${hex})`,
    `%(?:25)?${hex}`,
    `&#(?:0*${code}|x0*${hex});`,
    entities[character],
  ]
  return `(?:${spellings.filter(Boolean).join('|')})`
}

/** Each byte is one character, so that the bytes of any charset survive. */
function latin1(bytes: Buffer, change: Remove): Buffer {
  return ifChanged(bytes, bytes.toString('latin1'), 'latin1', change)
}

/** @param start 0 for little endian; from 1 on, big endian looks the same */
function utf16From(start: 0 | 1) {
  return function utf16(bytes: Buffer, change: Remove): Buffer {
    if (!bytes.includes(0)) return bytes
    const end = bytes.length - ((bytes.length - start) % 2)
    const inner = bytes.subarray(start, end)
    const changed = ifChanged(inner, inner.toString('utf16le'), 'utf16le', change)
    return changed === inner ? bytes : Buffer.concat([bytes.subarray(0, start), changed, bytes.subarray(end)])
  }
}

function ifChanged(bytes: Buffer, text: string, encoding: BufferEncoding, change: Remove): Buffer {
  const changed = change(text)
  return changed === text ? bytes : Buffer.from(changed, encoding)
}

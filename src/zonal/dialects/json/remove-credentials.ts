import type { Credentials } from '../../../model/words.ts'
import { base64Cores } from '../../../model/secret-spotter.ts'

/** The fields of a message that prove who the till is. */
const secretNames = ['username', 'token', 'password']
export const removed = '(removed)'

export function isSecret(name: string): boolean {
  return secretNames.includes(name.toLowerCase())
}

/**
 * Takes the credentials out of what a till has sent, whatever it is: the caller's own key in any spelling, and what
 * stands behind `username`, `token` and `password` as JSON, forms, XML and plain lines have it. All else stays as it is,
 * byte for byte.
 */
export function createCredentialsRemover({ venueId, apiKey }: Credentials) {
  const packed = [`${venueId}:${apiKey}`, apiKey].map((text) => `${spellingsOf(base64(text))}(?:=|%3D){0,2}`)
  // Inside a longer text in Base64.
  const inside = base64Cores(apiKey).map((core) => spellingsOf(core))
  const spelled = new RegExp([spellingsOf(apiKey, blanks), ...packed, ...inside].join('|'), 'gi')

  function fromText(text: string): string {
    const withoutKey = text.replace(spelled, removed)
    return namedSecrets.reduce(
      (rest, { pattern, replacement }) => rest.replace(pattern, replacement),
      withoutKey,
    )
  }

  return {
    fromText,
    /** Of any charset: letters of ASCII stand for themselves in nearly all, and every second byte in UTF-16. */
    fromBytes: (bytes: Buffer): Buffer =>
      [latin1, utf16From(0), utf16From(1)].reduce((rest, view) => view(rest, fromText), bytes),
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64').replace(/=+$/, '')
}

/** Each character as itself, or escaped as JSON, a form or XML may do it, also one inside the other. */
function spellingsOf(secret: string, between = ''): string {
  return [...secret].map(spellingsOfCharacter).join(between)
}

/** Somebody has typed it in groups. No key has a blank in it, so there is one way only to read a text. */
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

const names = `(?:${secretNames.join('|')})`
const quote = `"|'|\\\\{1,3}"|%22|%5C%22|&quot;`
const space = '(?:\\s|%20|\\+|%0[9AD]){0,20}'
/** A longer value is none: its end is missing, and the bill that follows is worth more. */
const longest = '{0,2048}'

/** Every repetition has a bound, so that no text takes long. */
const namedSecrets = [
  // "password": "…", also in a form, or in JSON inside JSON
  {
    pattern: `((${quote})${names}\\2${space}(?::|%3A)${space}(${quote}))(?:(?!\\3)(?:\\\\.|%5C%..|[^\\\\]))${longest}`,
    replacement: `$1${removed}`,
  },
  // "username": 1902
  {
    pattern: `((${quote})${names}\\2${space}(?::|%3A)${space})[^\\s,}\\]&"'%\\\\{[]{1,2048}`,
    replacement: `$1$2${removed}$2`,
  },
  // <password>…</password>
  {
    pattern: `(<(?:[\\w.-]{1,40}:)?${names}(?:\\s[^<>]{0,500})?>)[^<]${longest}`,
    replacement: `$1${removed}`,
  },
  // password="…"
  { pattern: `((?:^|\\s)${names}\\s?=\\s?(["']))(?:(?!\\2)[^])${longest}`, replacement: `$1${removed}` },
  // password=…
  { pattern: `((?:^|[?&;\\s])${names}=)[^&\\s"'<]{1,2048}`, replacement: `$1${removed}` },
  // password: …
  {
    pattern: `((?:^|[\\r\\n,{])[ \\t]{0,20}${names}[ \\t]{0,20}[:=][ \\t]{0,20}["']?)[^\\s&,;"'<]{1,2048}`,
    replacement: `$1${removed}`,
  },
].map(({ pattern, replacement }) => ({ pattern: new RegExp(pattern, 'gi'), replacement }))

type Change = (text: string) => string

/** Each byte is a character, so that the bytes of any charset survive. */
function latin1(bytes: Buffer, change: Change): Buffer {
  return ifChanged(bytes, bytes.toString('latin1'), 'latin1', change)
}

/** @param start 0 for little endian; at 1 the letters of big endian look the same */
function utf16From(start: 0 | 1) {
  return function utf16(bytes: Buffer, change: Change): Buffer {
    if (!bytes.includes(0)) return bytes
    const end = bytes.length - ((bytes.length - start) % 2)
    const inner = bytes.subarray(start, end)
    const changed = ifChanged(inner, inner.toString('utf16le'), 'utf16le', change)
    return changed === inner ? bytes : Buffer.concat([bytes.subarray(0, start), changed, bytes.subarray(end)])
  }
}

function ifChanged(bytes: Buffer, text: string, encoding: BufferEncoding, change: Change): Buffer {
  const changed = change(text)
  return changed === text ? bytes : Buffer.from(changed, encoding)
}

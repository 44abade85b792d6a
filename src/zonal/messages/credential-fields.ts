/** The fields that identify a till inside its message, under our names. */
export const credentialFields: readonly string[] = ['username', 'token', 'password']

/** Replaces what was removed. */
export const removed = '(removed)'

/** @returns the text without secrets; everything else stays as it is */
export type Remove = (text: string) => string

/**
 * Makes a function that removes the values of certain names from JSON, forms, XML and plain lines. The text need not be
 * valid, or complete.
 * @param names in any case
 */
export function createNamedRemover(names: readonly string[]): Remove {
  const patterns = patternsOf(`(?:${names.map((name) => RegExp.escape(name)).join('|')})`)
  return (text) =>
    patterns.reduce((rest, { pattern, replacement }) => rest.replace(pattern, replacement), text)
}

const quote = `"|'|\\\\{1,3}"|%22|%5C%22|&quot;`
const space = '(?:\\s|%20|\\+|%0[9AD]){0,20}'
/** A longer value has lost its end: what follows is the bill, which has to stay. */
const longest = '{0,2048}'

/** Every repetition is bounded, so that no text takes long. */
function patternsOf(names: string) {
  const patterns = [
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
  ]
  return patterns.map(({ pattern, replacement }) => ({ pattern: new RegExp(pattern, 'gi'), replacement }))
}

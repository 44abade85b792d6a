import { printable } from '../observability/printable.ts'

/** Text that is HTML already. Only `html` makes it. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Value = Html | readonly Html[] | string | number | false | undefined

/**
 * Everything that is put in is escaped, be it text or the value of a quoted attribute, and characters that are not shown but
 * change what is are made visible. False and undefined are nothing.
 */
export function html(parts: TemplateStringsArray, ...values: Value[]): Html {
  const written = values.map(write)
  return new Html(parts.map((part, index) => part + (written[index] ?? '')).join(''))
}

function write(value: Value): string {
  if (value === false || value === undefined) return ''
  if (value instanceof Html) return value.text
  if (typeof value === 'object') return value.map(({ text }) => text).join('')
  return printable(String(value).toWellFormed()).replace(
    /[&<>"']/g,
    (character) => `&#${character.charCodeAt(0)};`,
  )
}

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
 * Escapes every value, as text or as a quoted attribute, and makes invisible characters visible. False and undefined add
 * nothing.
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

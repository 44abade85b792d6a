/**
 * @returns whether a sign appears in a text more often than that; it stops counting there, so that an excess is noticed
 *   before anything is made of the text
 */
export function hasMore(text: string, sign: string, most: number): boolean {
  let count = 0
  for (let at = text.indexOf(sign); at !== -1 && count <= most; at = text.indexOf(sign, at + 1)) count += 1
  return count > most
}

/** A form carries a message in one of its fields, or in some dozens. */
export const mostFormFields = 64

export function isLongForm(text: string): boolean {
  return hasMore(text, '&', mostFormFields - 1)
}

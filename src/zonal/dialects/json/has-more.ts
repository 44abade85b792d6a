/**
 * @returns whether a sign stands in a text more often than that; it stops as soon as it knows, so that what is too much
 *   is known before anything is made of it
 */
export function hasMore(text: string, sign: string, most: number): boolean {
  let count = 0
  for (let at = text.indexOf(sign); at !== -1 && count <= most; at = text.indexOf(sign, at + 1)) count += 1
  return count > most
}

/** One of its fields is `request`. */
export const mostFormFields = 64

export function isLongForm(text: string): boolean {
  return hasMore(text, '&', mostFormFields - 1)
}

/**
 * @returns whether a sign appears in a text more than `max` times. It stops counting there, so that a text with too many is
 *   refused before it is parsed
 */
export function hasMore(text: string, sign: string, max: number): boolean {
  let count = 0
  for (let at = text.indexOf(sign); at !== -1 && count <= max; at = text.indexOf(sign, at + 1)) count += 1
  return count > max
}

export type Bounds = {
  /** Code points of a text; the rest is cut off. */
  text: number
  /** Entries of a list. */
  entries: number
  /** Fields of an object. */
  fields: number
  /** Levels of lists and objects; what is deeper is left out. */
  depth: number
}

/**
 * For values from outside, before anything reads all of them.
 *
 * @param value plain data, as `JSON.parse` makes it
 * @returns a copy without what exceeds the bounds, which keeps nothing of the value in memory
 */
export function bounded(value: unknown, bounds: Bounds): unknown {
  if (typeof value === 'string') return cutText(value, bounds.text)
  if (typeof value !== 'object' || value === null) return value
  if (bounds.depth === 0) return undefined
  const inner = { ...bounds, depth: bounds.depth - 1 }
  if (Array.isArray(value)) return value.slice(0, bounds.entries).map((entry) => bounded(entry, inner))
  const copy: Record<string, unknown> = {}
  let fieldsLeft = bounds.fields
  // Not by a list of all fields: there may be a hundred thousand.
  for (const name in value) {
    if (fieldsLeft-- === 0) break
    setField(copy, name, bounded((value as typeof copy)[name], inner))
  }
  return copy
}

/** Sets a field of its own, also one by whose name an assignment would set the prototype. */
export function setField(copy: Record<string, unknown>, name: string, value: unknown) {
  if (name !== '__proto__') copy[name] = value
  else Object.defineProperty(copy, name, { value, writable: true, enumerable: true, configurable: true })
}

/** @returns at most so many code points; copied, since a slice would keep the whole text in memory */
export function cutText(text: string, mostCodePoints: number): string {
  if (text.length <= mostCodePoints) return text
  return Array.from(text.slice(0, 2 * mostCodePoints))
    .slice(0, mostCodePoints)
    .join('')
}

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
 * @param change gets each text as it was cut, and returns what stands in its place
 * @returns a copy without what exceeds the bounds, which keeps nothing of the value in memory
 */
export function bounded(value: unknown, bounds: Bounds, change?: (text: string) => string): unknown {
  return copyOf(value, bounds.depth)

  function copyOf(part: unknown, depth: number): unknown {
    if (typeof part === 'string') {
      const text = cutText(part, bounds.text)
      return change ? change(text) : text
    }
    if (typeof part !== 'object' || part === null) return part
    if (depth === 0) return undefined
    if (Array.isArray(part)) return part.slice(0, bounds.entries).map((entry) => copyOf(entry, depth - 1))
    const copy: Record<string, unknown> = {}
    let fieldsLeft = bounds.fields
    // Not by a list of all fields: there may be a hundred thousand.
    for (const name in part) {
      if (fieldsLeft-- === 0) break
      setField(copy, name, copyOf((part as typeof copy)[name], depth - 1))
    }
    return copy
  }
}

/** Sets a field of its own, also one by whose name an assignment would set the prototype. */
function setField(copy: Record<string, unknown>, name: string, value: unknown) {
  if (name !== '__proto__') copy[name] = value
  else Object.defineProperty(copy, name, { value, writable: true, enumerable: true, configurable: true })
}

/** @returns at most so many code points; copied, since a slice would keep the whole text in memory */
export function cutText(text: string, maxCodePoints: number): string {
  if (text.length <= maxCodePoints) return text
  return Array.from(text.slice(0, 2 * maxCodePoints))
    .slice(0, maxCodePoints)
    .join('')
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isTextOrNumber(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number'
}

/** @returns a copy without the fields that are undefined */
export function withoutUndefined<Fields extends object>(fields: Fields): Fields {
  // Not by deleting: V8 would turn the object into a dictionary, which is slower to read.
  const copy = {} as Fields
  for (const name in fields) if (fields[name] !== undefined) copy[name] = fields[name]
  return copy
}

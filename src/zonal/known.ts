/** @returns the fields that have a value: what is not known is left out, never null */
export function known<Fields extends object>(fields: Fields): Fields {
  const copy = { ...fields }
  for (const name in copy) if (copy[name] === undefined) Reflect.deleteProperty(copy, name)
  return copy
}

/** The values of placeholders so far, such as `{{uuid:redemption}}`; those of unnamed ones are not kept. */
export type Bindings = Map<string, string>

const kinds: Record<string, string> = {
  uuid: '[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}',
  time: String.raw`\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z`,
  hash: '[0-9a-f]{64}',
  traceparent: '00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}',
  span: '[0-9a-f]{16}',
  version: String.raw`\d+\.\d+\.\d+[-.\w]*`,
}

const placeholder = /\{\{(\w+)(?::([\w-]+))?\}\}/g

/** Puts in what earlier placeholders stood for. */
export function fillIn(text: string, bindings: Bindings): string {
  return text.replace(placeholder, (whole) => {
    const value = bindings.get(whole)
    if (value === undefined) throw new Error(`${whole} has no value yet`)
    return value
  })
}

/**
 * @param path names the values in what is reported: `reply.body`
 * @returns one line per difference; none if they are the same. What placeholders stand for is added to `bindings`
 */
export function compare(expected: unknown, got: unknown, path: string, bindings: Bindings): string[] {
  if (expected === '{{any}}') return []
  if (typeof expected === 'string' && typeof got === 'string')
    return matches(expected, got, bindings) ? [] : [difference(path, expected, got, bindings)]
  if (!isContainer(expected) || !isContainer(got) || Array.isArray(expected) !== Array.isArray(got))
    return Object.is(expected, got) ? [] : [difference(path, expected, got, bindings)]
  const names = new Set([...Object.keys(expected), ...Object.keys(got)])
  return [...names].flatMap((name) => compare(expected[name], got[name], `${path}.${name}`, bindings))
}

function matches(expected: string, got: string, bindings: Bindings): boolean {
  const named: string[] = []
  const pattern = expected.split(/(\{\{.*?\}\})/).map((part) => toPattern(part, bindings, named))
  const found = new RegExp(`^${pattern.join('')}$`, 's').exec(got)
  if (found) named.forEach((name, index) => bindings.set(name, found[index + 1] ?? ''))
  return found !== null
}

function toPattern(part: string, bindings: Bindings, named: string[]): string {
  const [whole, kind = '', name] = new RegExp(placeholder.source).exec(part) ?? []
  if (whole === undefined) return RegExp.escape(part)
  const known = bindings.get(whole)
  if (known !== undefined) return RegExp.escape(known)
  const pattern = kinds[kind]
  if (pattern === undefined) throw new Error(`${whole} is not a kind of placeholder`)
  if (name === undefined) return pattern
  named.push(whole)
  return `(${pattern})`
}

function difference(path: string, expected: unknown, got: unknown, bindings: Bindings): string {
  const known = typeof expected === 'string' ? [...bindings].filter(([name]) => expected.includes(name)) : []
  const meaning = known.map(([name, value]) => ` (${name} is ${value})`).join('')
  return `${path}: expected ${show(expected)}${meaning}, got ${show(got)}`
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

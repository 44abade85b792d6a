export type Element = {
  name: string
  attributes: Record<string, string>
  children: Element[]
  text: string
}

const name = String.raw`[A-Za-z_][\w.-]{0,63}`
const attribute = String.raw`\s+(${name})="([^"<]*)"`
const token = new RegExp(
  String.raw`<(?<open>${name})(?<attributes>(?:\s+${name}="[^"<]*")*)\s*(?<empty>/?)>|</(?<close>${name})>|<\?[^<>]*\?>|(?<text>[^<]+)`,
  'y',
)
const maxElements = 10_000
const maxDepth = 16

/** @returns undefined for what is no document of elements, attributes and text, or is too large */
export function parseXml(text: string): Element | undefined {
  const root: Element = { name: '', attributes: {}, children: [], text: '' }
  const path = [root]
  let count = 0
  token.lastIndex = 0
  while (token.lastIndex < text.length) {
    const found = token.exec(text)?.groups
    const parent = path.at(-1)
    if (!found || !parent) return undefined
    if (found.text !== undefined) parent.text += unescapeXml(found.text)
    if (found.open !== undefined) {
      const element = {
        name: found.open,
        attributes: toAttributes(found.attributes ?? ''),
        children: [],
        text: '',
      }
      parent.children.push(element)
      count += 1
      if (!found.empty) path.push(element)
      if (count > maxElements || path.length > maxDepth) return undefined
    }
    if (found.close !== undefined && path.pop()?.name !== found.close) return undefined
  }
  return path.length === 1 && root.children.length === 1 && root.text.trim() === ''
    ? root.children[0]
    : undefined
}

function toAttributes(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(new RegExp(attribute, 'g'))].map(([, key = '', value = '']) => [
      key,
      unescapeXml(value),
    ]),
  )
}

type Content = string | number | boolean | readonly string[] | undefined

/** @returns an element; empty if there is no content, so that what is not known can be left out by `undefined` */
export function write(tag: string, content: Content, attributes: Record<string, Content> = {}): string {
  const inside = typeof content === 'object' ? content.join('') : escapeXml(String(content ?? ''))
  const pairs = Object.entries(attributes).filter(([, value]) => value !== undefined)
  const head = [tag, ...pairs.map(([key, value]) => `${key}="${escapeXml(String(value))}"`)].join(' ')
  return inside === '' ? `<${head}/>` : `<${head}>${inside}</${tag}>`
}

/** @returns nothing for a value that is not known */
export function writeIfKnown(tag: string, content: Content): string {
  return content === undefined ? '' : write(tag, content)
}

const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' } as const

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => entities[sign as keyof typeof entities])
}

function unescapeXml(text: string): string {
  return Object.entries(entities)
    .toReversed()
    .reduce((rest, [sign, entity]) => rest.replaceAll(entity, sign), text)
}

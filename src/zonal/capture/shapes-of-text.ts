/** `keepName` says what becomes of a name; everything else becomes a stand-in. */
type TextRules = { ofText: (text: string) => string; keepName: (name: string) => string }

const nameStart = 'A-Za-z_'
const name = `[${nameStart}][\\w.:-]{0,63}`
const tagOrText = /<[^<>]*>|[^<]+|</g
const tagName = new RegExp(`^(</?)(${name})(?=[\\s/>])`)
const attribute = new RegExp(`(?<![\\w.:-])(${name})(\\s{0,3}=\\s{0,3})("[^"]*"|'[^']*')`, 'g')
const namedValue = new RegExp(`(?<![\\w.:-])(${name})(?=["']?\\s{0,3}[:=])`, 'g')

export function looksLikeXml(text: string): boolean {
  return /^\s*</.test(text) && text.trimEnd().endsWith('>')
}

/** Keeps the names of elements and attributes, as far as `keepName` allows. */
export function shapeOfXml(xml: string, rules: TextRules): string {
  return xml.replace(tagOrText, (part) => (part.endsWith('>') ? shapeOfTag(part, rules) : rules.ofText(part)))
}

function shapeOfTag(tag: string, { ofText, keepName }: TextRules): string {
  const [start = '', open, element = ''] = tagName.exec(tag) ?? []
  if (open === undefined) return ofText(tag)
  const rest = tag.slice(start.length)
  const attributes = around(
    rest,
    rest.matchAll(attribute),
    ofText,
    ([, key = '', equals = '', value = '']) => keepName(key) + equals + ofText(value),
  )
  return open + keepName(element) + attributes
}

/**
 * For any other syntax: a word before a colon or an equals sign, as in `card=1234`, may be a name.
 * @param isKept says which of them stay
 */
export function shapeOfLines(
  text: string,
  ofText: (text: string) => string,
  isKept: (name: string) => boolean,
): string {
  const names = text.matchAll(namedValue).filter(([, key = '']) => isKept(key))
  return around(text, names, ofText, ([key]) => key)
}

/** Replaces each match by what `change` returns, and the text between matches by stand-ins. */
function around(
  text: string,
  matches: Iterable<RegExpExecArray>,
  ofText: (text: string) => string,
  change: (match: RegExpExecArray) => string,
): string {
  let end = 0
  const parts: string[] = []
  for (const match of matches) {
    parts.push(ofText(text.slice(end, match.index)), change(match))
    end = match.index + match[0].length
  }
  return [...parts, ofText(text.slice(end))].join('')
}

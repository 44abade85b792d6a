import { removed } from '../../../src/zonal/messages/credential-fields.ts'
import {
  isSecretValue,
  redactValue,
  type BodyText,
  type RedactionRules,
} from '../../../src/zonal/redaction.ts'
import { fieldOf } from './names.ts'
import { parseXml, write, type Element } from './xml.ts'

export function redactBody({ text }: BodyText, rules: RedactionRules): string | undefined {
  const root = parseXml(text)
  return root && redactElement(root, rules)
}

function redactElement(element: Element, rules: RedactionRules): string {
  const attributes = Object.entries(element.attributes).map(([name, value]) => [
    rules.keepName(name),
    name === 'ref' ? rules.keep(value) : rules.ofText(value),
  ])
  const content =
    element.children.length > 0
      ? element.children.map((child) => redactElement(child, rules))
      : redactValue(fieldOf(element.name), element.text, rules)
  return write(
    rules.keepName(element.name),
    content,
    Object.fromEntries(attributes) as Record<string, string>,
  )
}

/** Credentials, cards, and the content of unknown elements and attributes. */
export function findSecrets({ text }: BodyText): string[] {
  const root = parseXml(text)
  return root ? secretsOf(root) : []
}

function secretsOf({ name, attributes, children, text }: Element): string[] {
  const unknown = Object.entries(attributes).flatMap(([key, value]) => (key === 'ref' ? [] : value))
  return [
    ...(isSecretValue(fieldOf(name), text) ? [text] : []),
    ...unknown.filter((value) => isSecretValue(undefined, value)),
    ...children.flatMap(secretsOf),
  ]
}

export function redactReply(body: string, rules: RedactionRules): string {
  const root = parseXml(body)
  return root ? redactReplyElement(root, rules) : rules.ofText(body)
}

function redactReplyElement({ name, attributes, children, text }: Element, rules: RedactionRules): string {
  if (name === 'Member') return write(name, removed)
  if (name === 'Card') return write(name, rules.ofCard(text))
  const content =
    children.length > 0 ? children.map((child) => redactReplyElement(child, rules)) : rules.keep(text)
  const kept = Object.entries(attributes).map(([key, value]) => [key, rules.keep(value)])
  return write(name, content, Object.fromEntries(kept) as Record<string, string>)
}

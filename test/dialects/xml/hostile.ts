import fc from 'fast-check'
import type { Hostile } from '../fuzz.ts'
import { oddTexts } from '../odd-texts.ts'
import { names } from './names.ts'
import { write } from './xml.ts'

const tags = fc.oneof(
  fc.constantFrom(...Object.values(names).flatMap((table) => Object.keys(table))),
  fc.constantFrom('constructor', '__proto__', 'Line'),
)
const values = fc.oneof(fc.string(), fc.constantFrom(...oddTexts), fc.bigInt().map(String))
const fields = fc.array(fc.tuple(tags, values).map(([tag, value]) => write(tag, value)))
const messages = fc
  .tuple(
    fc.constantFrom('Balance', 'Debit', 'Credit', 'Ticket', 'Register', 'toString'),
    fc.array(
      fc.oneof(
        fields.map((inside) => inside.join('')),
        fields.map((lines) => write('Lines', lines)),
      ),
    ),
    fc.dictionary(fc.constantFrom('ref', 'x'), fc.string()),
  )
  .map(([root, inside, attributes]) => write(root, inside, attributes))

export const hostile: Hostile = {
  mediaTypes: ['text/xml', 'application/xml; charset=utf-8'],
  bodies: fc.oneof(
    messages,
    messages.map((message) => message.slice(0, -1)),
  ),
  replyType: /^application\/xml/,
}

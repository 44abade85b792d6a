import { expect } from 'chai'
import { toCredentials } from '../../src/model/keys.ts'
import { maskPaymentCards, plainText, printable } from '../../src/observability/printable.ts'
import { createSpotter } from '../../src/model/secret-spotter.ts'
import { createRules } from '../../src/zonal/capture/rules.ts'
import { findCardNumber } from '../../src/zonal/messages/card.ts'
import { findDecoder, readContentType } from '../../src/zonal/http/decode.ts'
import { parseJson } from '../../src/zonal/dialects/json/json.ts'
import { toMinor } from '../../src/zonal/messages/money.ts'
import { json } from '../../src/zonal/dialects/json/dialect.ts'
import { redactBody, redactQuery } from '../../src/zonal/capture/redact-body.ts'
import { createCredentialsRemover } from '../../src/zonal/messages/remove-credentials.ts'
import { createStandIns } from '../../src/zonal/capture/stand-ins.ts'
import { readDate, readTime } from '../../src/zonal/messages/time.ts'

const apiKey = 'crown-demo-write-key'
const lengthBytes = 256 * 1024
/** Node reads no longer headers. */
const maxQuery = 16 * 1024
const formType = 'application/x-www-form-urlencoded'
const pieces = [
  ...['a', ' ', '+', '/', '-', '.', '1', '"', '\\', '%', '<', '=', '\n', '\0', '\u202e', '\ufdfa'],
  ...[
    '%20',
    '&#0',
    ':1',
    'a=',
    'a ',
    '1 ',
    '1-',
    '<a ',
    'b="',
    "b='",
    '4111 ',
    '4111-1111-1111-',
    '+01:00',
    'T1',
  ],
  ...[
    '"password":"',
    '"password" : ',
    '<password ',
    'password=',
    ' password = ',
    '\\"password\\":\\"',
    'password:',
  ],
  ...[
    apiKey.slice(0, -1),
    'crown-',
    'c r o w n - ',
    'Y3Jvd24tZGVtby13cml0ZS1r',
    'https://',
    '0123456789abcdef',
  ],
]

/** Everything that matches a till's text against a pattern. */
const readers: Record<string, (text: string) => unknown> = {
  'removes credentials': createCredentialsRemover(toCredentials('1902', apiKey), [
    json.redaction.removeCredentials,
  ]).fromText,
  'spots a key': createSpotter(apiKey),
  'spots a card': createSpotter('9826123456'),
  'masks payment cards': maskPaymentCards,
  'makes it printable': printable,
  'makes it plain': plainText,
  'reads a card number': (text) => findCardNumber(`https://${text}`, ['LOY-']),
  'reads JSON': parseJson,
  'reads a content type': (text) => findDecoder(readContentType(text).charset),
  'reads an amount': (text) => toMinor(text, 2, 'round'),
  'reads a time': (text) => readTime(text, 'Europe/London'),
  'reads a date': readDate,
  'finds secrets': (text) => json.redaction.findSecrets({ mediaType: formType, text }),
  'captures an unknown format': (text) => redactBody(json, { mediaType: 'text/plain', text }, rules),
  'captures XML': (text) => redactBody(json, { mediaType: 'text/xml', text: `<${text}>` }, rules),
  'captures a form': (text) => redactBody(json, { mediaType: formType, text }, rules),
  'captures a query': (text) => redactQuery(json, text.slice(0, maxQuery), rules),
}
const rules = createRules(createStandIns(['LOY-']), [apiKey, '9826123456'], true)

// A text of any length was matched by a pattern with quadratic cost, and the service stood still for eight seconds.
describe('a text of 256 KiB that is made to be slow', () => {
  for (const [name, read] of Object.entries(readers))
    it(`takes no longer than any other: ${name}`, function () {
      this.timeout(60_000)
      for (const piece of pieces) {
        const text = piece.repeat(lengthBytes / piece.length)
        const before = process.cpuUsage()
        read(text)
        // Of this process alone, as others may be busy beside it.
        expect(process.cpuUsage(before).user / 1000, JSON.stringify(piece)).to.be.below(4000)
      }
    })
})

import { expect } from 'chai'
import fc from 'fast-check'
import { toCredentials } from '../../src/model/keys.ts'
import { createNamedRemover, credentialFields } from '../../src/zonal/messages/credential-fields.ts'
import { createCredentialsRemover } from '../../src/zonal/messages/remove-credentials.ts'

const apiKey = 'Tr1fft/K&y"<7>+x'
const { fromBytes, fromText } = createCredentialsRemover(toCredentials('1902', apiKey), [
  createNamedRemover(credentialFields),
])

const escapeAll = (text: string, escape: (code: string) => string) =>
  [...text].map((character) => escape(character.charCodeAt(0).toString(16).padStart(2, '0'))).join('')
const spellings = {
  plain: apiKey,
  'in other letters': apiKey.toUpperCase(),
  'a text of JSON': JSON.stringify(apiKey).slice(1, -1),
  'JSON inside JSON': JSON.stringify(JSON.stringify(apiKey)).slice(3, -3),
  'escapes of JSON': escapeAll(apiKey, (hex) => `\\u00${hex}`),
  'slashes escaped': apiKey.replace('/', '\\/').replace('"', '\\"'),
  'percent signs': encodeURIComponent(apiKey),
  'percent signs everywhere': escapeAll(apiKey, (hex) => `%${hex.toUpperCase()}`),
  'percent signs twice': encodeURIComponent(encodeURIComponent(apiKey)),
  'JSON in a form': encodeURIComponent(JSON.stringify(apiKey).slice(1, -1)),
  'entities of XML': apiKey
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;'),
  'numbers of XML': escapeAll(apiKey, (hex) => `&#x${hex};`),
  'a header': Buffer.from(`1902:${apiKey}`).toString('base64'),
  'a header in a form': encodeURIComponent(Buffer.from(`1902:${apiKey}`).toString('base64')),
  base64: Buffer.from(apiKey).toString('base64'),
  'blanks between': [...apiKey].join(' '),
}

describe('credentials in a text that is kept', () => {
  for (const [name, spelled] of Object.entries(spellings))
    it(`are removed wherever they are: ${name}`, () => {
      for (const text of [spelled, `{"note":"${spelled}"}`, `a=${spelled}&b=1`, `<a b="${spelled}">c</a>`])
        expect(fromText(text), text).to.equal(text.replace(spelled, '(removed)'))
    })

  it('are removed from the middle of a longer text in Base64', () => {
    for (const before of ['', 'a', 'ab', 'abc']) {
      const kept = fromText(Buffer.from(`${before}${apiKey} and more`).toString('base64'))
      expect(Buffer.from(kept.replace('(removed)', ''), 'base64').toString()).to.not.include(
        apiKey.slice(2, -2),
      )
      expect(kept).to.include('(removed)')
    }
  })

  for (const [encoding, encode] of [
    ['UTF-8', (text: string) => Buffer.from(text)],
    ['UTF-16', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16, big endian', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
  ] as const)
    it(`are removed in ${encoding}, and the rest stays byte for byte`, () => {
      const text = (key: string) => `{"note":"£ Žofia","x":"${key}","password":"${key}"}`
      expect(fromBytes(encode(text(apiKey.replace('"', '\\"')))).equals(encode(text('(removed)')))).to.equal(
        true,
      )
    })

  for (const [text, left] of [
    ['{"username":"1902","password":"other-key"}', '{"username":"(removed)","password":"(removed)"}'],
    ['{"UserName": 1902, "a": 1,}', '{"UserName": "(removed)", "a": 1,}'],
    ['{"password":"with \\"quotes\\", and more","a":1,50}', '{"password":"(removed)","a":1,50}'],
    ['{"token":"cut', '{"token":"(removed)'],
    [
      '{"request":"{\\"password\\":\\"other\\",\\"a\\":1}"}',
      '{"request":"{\\"password\\":\\"(removed)\\",\\"a\\":1}"}',
    ],
    ["{'password':'other','a':1}", "{'password':'(removed)','a':1}"],
    ["{password: 'other', a: 1}", "{password: '(removed)', a: 1}"],
    ['username=1902&password=other&request={"a":1}', 'username=(removed)&password=(removed)&request={"a":1}'],
    [
      'request=%7B%22username%22%3A1902%2C%22a%22%3A1%7D',
      'request=%7B%22username%22%3A%22(removed)%22%2C%22a%22%3A1%7D',
    ],
    [
      'request=%7B%22password%22%3A%22other%22%2C%22a%22%3A1%7D',
      'request=%7B%22password%22%3A%22(removed)%22%2C%22a%22%3A1%7D',
    ],
    [
      '<t><Password>other</Password><z:token>x</z:token></t>',
      '<t><Password>(removed)</Password><z:token>(removed)</z:token></t>',
    ],
    [
      '<t username="1902" password=\'a b\' total="1"/>',
      '<t username="(removed)" password=\'(removed)\' total="1"/>',
    ],
    ['password: other\r\ntotal: 5', 'password: (removed)\r\ntotal: 5'],
  ] as const)
    it(`are removed by their name: ${text}`, () => {
      expect(fromText(text)).to.equal(left)
    })

  it('are not seen in other names', () => {
    for (const text of [
      '{"paymentToken":"x","tokens":5}',
      'gift_token=5',
      '{"name":"Token bar"}',
      '<tokens>5</tokens>',
    ])
      expect(fromText(text)).to.equal(text)
  })

  it('leave any other bytes exactly as they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const buffer = Buffer.from(bytes)
        expect(fromBytes(buffer)).to.equal(buffer)
      }),
    )
  })

  it('are found in limited time, whatever the text', () => {
    const long = 1024 ** 2
    for (const piece of [
      '"password":"',
      'password=',
      '<password ',
      ' ',
      '\n',
      '\\',
      '%5C',
      '&#000',
      'token',
      '"token" ',
      'T\\r1',
      'x\0',
    ]) {
      const startedMs = performance.now()
      fromBytes(Buffer.from(piece.repeat(long / piece.length)))
      expect(performance.now() - startedMs, JSON.stringify(piece)).to.be.below(3_000)
    }
  }).timeout(60_000)
})

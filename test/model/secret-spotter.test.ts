import { expect } from 'chai'
import fc from 'fast-check'
import { createSpotter } from '../../src/model/secret-spotter.ts'

const key = 'Canary-api-Key-5520'
const base64 = (text: string) => Buffer.from(text).toString('base64')
const percent = (text: string) =>
  [...text].map((each) => `%${each.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')

describe('a secret', () => {
  const spellings: [name: string, spell: (secret: string) => string][] = [
    ['itself', (secret) => secret],
    ['upper case', (secret) => secret.toUpperCase()],
    ['lower case', (secret) => secret.toLowerCase()],
    ['with blanks in between', (secret) => [...secret].join(' ')],
    ['with dashes in between', (secret) => [...secret].join('-')],
    ['with zero-width spaces in between', (secret) => [...secret].join('\u200b')],
    ['full width', (secret) => secret.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit)))],
    ['percent codes', percent],
    ['percent codes of percent codes', (secret) => percent(percent(secret))],
    ['entities', (secret) => secret.replace(/\d/g, (digit) => `&#${digit.charCodeAt(0)};`)],
    [
      'JSON escapes',
      (secret) => secret.replace(/\d/g, (digit) => `\\u00${digit.charCodeAt(0).toString(16)}`),
    ],
    ['Base64', base64],
    ['Base64 of upper case', (secret) => base64(secret.toUpperCase())],
    ['Base64 in lower case', (secret) => base64(secret).toLowerCase()],
    ['Base64 of a pair', (secret) => base64(`1902:${secret}`)],
    ['Base64 for URLs', (secret) => Buffer.from(`?>${secret}`).toString('base64url')],
    ['Base64 of UTF-16', (secret) => Buffer.from(secret, 'utf16le').toString('base64')],
    ['Base64 as percent codes', (secret) => percent(base64(secret))],
  ]
  for (const [name, spell] of spellings)
    it(`is recognised in a longer text: ${name}`, () => {
      const isSpotted = createSpotter(key)
      for (const around of ['', 'T', 'T-1/', 'Table7', 'bill no. '])
        expect(isSpotted(`${around}${spell(key)}${around}`), around).to.equal(true)
    })

  it('is recognised if it is a card number, but a short one only if it stands alone', () => {
    const isLong = createSpotter('9826123456')
    const isShort = createSpotter('5001')
    expect(isLong('Tab 9826 1234 56'), 'within other text').to.equal(true)
    expect(isShort('5001'), 'alone').to.equal(true)
    expect(isShort('5 001'), 'alone, in groups').to.equal(true)
    expect(isShort('A-5001'), 'beside a letter').to.equal(false)
    expect(isShort(base64('5001')), 'alone, in Base64').to.equal(true)
    const noise = Buffer.from('\xe9\xe5\xf05001\xc4\xff\xfe', 'latin1').toString('base64')
    expect(isShort(noise), 'in Base64 of something else').to.equal(false)
    expect(
      createSpotter('98261234')(Buffer.from('\xe9\xe598261234\xc4', 'latin1').toString('base64')),
    ).to.equal(true)
  })

  it('is recognised if it is a name with letters beyond ASCII, in Base64 of UTF-8 and of Latin-1', () => {
    const isSpotted = createSpotter('Zuzana Nováková')
    expect(isSpotted(base64('guest: Zuzana Nováková')), 'UTF-8').to.equal(true)
    expect(isSpotted(Buffer.from('guest: ZUZANA NOVÁKOVÁ', 'latin1').toString('base64')), 'Latin-1').to.equal(
      true,
    )
  })

  it('is recognised beside others, each by its own rules', () => {
    const isSpotted = createSpotter(key, '5001', '9826123456')
    for (const text of [`T-${key}`, '5 001', 'Tab 9826 1234 56', base64('no. 9826123456')])
      expect(isSpotted(text), text).to.equal(true)
    for (const text of ['A-5001', base64('A-5001'), '982612345', '500'])
      expect(isSpotted(text), text).to.equal(false)
    expect(createSpotter()('any text'), 'no secret').to.equal(false)
  })

  it('is recognised in a text exactly if one of several is', () => {
    const secrets = fc.array(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 4 })
    const around = fc.string({ maxLength: 12 })
    fc.assert(
      fc.property(secrets, around, around, (all, before, after) => {
        const text = `${before}${all[0]}${after}`
        expect(createSpotter(...all)(text)).to.equal(all.some((secret) => createSpotter(secret)(text)))
      }),
    )
  })

  it('is not found in a text that does not contain it', () => {
    const isSpotted = createSpotter(key)
    for (const text of ['', 'A-1', 'Canary-api-Key-552', base64('1902:another-api-key'), '%', '%ZZ', '&#;'])
      expect(isSpotted(text), text).to.equal(false)
    fc.assert(fc.property(fc.uuid(), (text) => !isSpotted(text)))
    fc.assert(fc.property(fc.string(), (text) => !isSpotted(text)))
  })

  // A till's text, which may be 256 KiB, is searched on the one thread that answers all tills.
  for (const [name, piece] of [
    ['Base64', 'QUJD'],
    ['blanks', ' '],
    ['percent signs', '%25'],
    ['entities', '&#000000000'],
    ['characters that expand', '\ufdfa'],
    ['dots', '.'],
  ] as const)
    it(`is looked for quickly in 256 KiB of ${name}`, () => {
      const text = piece.repeat(262_144 / piece.length)
      const isSpotted = createSpotter(key)
      const before = process.cpuUsage()
      expect(isSpotted(text)).to.equal(false)
      expect(process.cpuUsage(before).user / 1000).to.be.below(4000)
    })
})

import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { readCredentials } from '../../src/zonal/http/credentials.ts'
import { refusalOf } from './refusal-of.ts'

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`
const key = 'a-key-of-the-venue'

describe('credentials', () => {
  it('come from the header, with a tenant that is not the key', () => {
    const keyHash = createHash('sha256').update(key).digest('hex')
    expect(readCredentials(basic(`1902:${key}`), {})).to.deep.equal({
      venueId: '1902',
      apiKey: key,
      keyHash,
      tenant: keyHash.slice(0, 16),
    })
  })

  for (const [name, header, fields, venueId, apiKey] of [
    [
      'a scheme in any case',
      `bAsIc ${Buffer.from('1902:abcdefgh').toString('base64')}`,
      {},
      '1902',
      'abcdefgh',
    ],
    ['a password with colons', basic('1902:a:b:c:d:e'), {}, '1902', 'a:b:c:d:e'],
    [
      'the header before the message',
      basic('1902:abcdefgh'),
      { username: '7', password: 'x' },
      '1902',
      'abcdefgh',
    ],
    ['username and password', undefined, { username: '1902', password: 'abcdefgh' }, '1902', 'abcdefgh'],
    ['token and password', undefined, { token: 1902, password: 'abcdefgh' }, '1902', 'abcdefgh'],
  ] as const)
    it(`may be ${name}`, () => {
      expect(readCredentials(header, fields)).to.include({ venueId, apiKey })
    })

  for (const [name, header, fields] of [
    ['nothing', undefined, {}],
    ['a user name alone', undefined, { username: '1902' }],
    ['a password alone', undefined, { password: 'abcdefgh' }],
    ['another scheme', 'Bearer abcdefgh', { username: '1902', password: 'abcdefgh' }],
    ['something that is not Base64', 'Basic 1902:abcdefgh', {}],
    ['no colon', basic('1902'), {}],
    ['an empty header', '', { username: '1902', password: 'abcdefgh' }],
  ] as const)
    it(`are missing with ${name}`, () => {
      expect(refusalOf(() => readCredentials(header, fields)).code).to.equal('CREDENTIALS_MISSING')
    })

  for (const [name, header, fields] of [
    ['an empty venue ID', basic(':abcdefgh'), {}],
    ['a venue ID with a blank', basic('19 02:abcdefgh'), {}],
    ['a venue ID of 65 characters', basic(`${'1'.repeat(65)}:abcdefgh`), {}],
    ['a key of 7 characters', basic('1902:abcdefg'), {}],
    ['a key of 513 characters', basic(`1902:${'k'.repeat(513)}`), {}],
    ['a key beyond ASCII', basic('1902:abcdefgé'), {}],
    ['a key with a line break', basic('1902:abcdefgh\n'), {}],
    // Typed into both boxes the key was in the log as a venue, and in the core's address.
    ['the key in both boxes', basic(`${key}:${key}`), {}],
    ['the key in both boxes, in capitals', basic(`${key.toUpperCase()}:${key}`), {}],
    ['the key as a venue ID inside', undefined, { username: key, password: key }],
    ['a password that is not text', undefined, { username: '1902', password: { a: 1 } }],
  ] as const)
    it(`are wrong with ${name}`, () => {
      expect(refusalOf(() => readCredentials(header, fields)).code).to.equal('CREDENTIALS_WRONG')
    })
})

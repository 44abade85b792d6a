import { expect } from 'chai'
import { sourceAddressOf } from '../../src/observability/source-address.ts'

describe('the address that a request comes from', () => {
  const rows: [what: string, proxies: number, forwarded: string | undefined, socket: string, from: string][] =
    [
      ["the socket's", 0, undefined, '192.0.2.1', '192.0.2.1'],
      ["the socket's, whatever the header says", 0, '198.51.100.7', '192.0.2.1', '192.0.2.1'],
      ['IPv4 where the socket says it as IPv6', 0, undefined, '::ffff:192.0.2.1', '192.0.2.1'],
      ['an IPv6 address', 0, undefined, '2001:DB8::1', '2001:db8::1'],
      ['what one proxy has added', 1, '198.51.100.7', '192.0.2.1', '198.51.100.7'],
      [
        'not what the caller has written before it',
        1,
        '203.0.113.66, 198.51.100.7',
        '192.0.2.1',
        '198.51.100.7',
      ],
      [
        'what the outer of two proxies has added',
        2,
        '6.6.6.6,198.51.100.7,192.0.2.9',
        '192.0.2.1',
        '198.51.100.7',
      ],
      ["the proxy's where it has added nothing", 1, undefined, '192.0.2.1', '192.0.2.1'],
      [
        'the outermost hop where there are fewer than proxies',
        3,
        '198.51.100.7',
        '192.0.2.1',
        '198.51.100.7',
      ],
      ['the next hop where one cannot be read', 2, 'unknown, 192.0.2.9', '192.0.2.1', '192.0.2.9'],
      ['without a port', 1, '198.51.100.7:4711', '192.0.2.1', '198.51.100.7'],
      ['without brackets and port', 1, '[2001:db8::7]:4711', '192.0.2.1', '2001:db8::7'],
      ['without brackets', 1, '[2001:db8::7]', '192.0.2.1', '2001:db8::7'],
      ['IPv4 where the header says it as IPv6', 1, '::FFFF:198.51.100.7', '192.0.2.1', '198.51.100.7'],
    ]
  for (const [what, trustedProxies, forwarded, remoteAddress, from] of rows) {
    it(`is ${what}`, () => {
      const request = { headers: { 'x-forwarded-for': forwarded }, socket: { remoteAddress } }
      expect(sourceAddressOf(request, trustedProxies)).to.equal(from)
    })
  }

  it('is unknown where the socket is gone', () => {
    expect(sourceAddressOf({ headers: {}, socket: {} }, 0)).to.equal(undefined)
  })
})

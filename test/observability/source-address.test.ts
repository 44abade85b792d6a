import { expect } from 'chai'
import { networkOf, sourceAddressOf } from '../../src/observability/source-address.ts'

describe('the address that a request comes from', () => {
  const rows: [what: string, proxies: number, forwarded: string | undefined, socket: string, from: string][] =
    [
      ["the socket's", 0, undefined, '192.0.2.1', '192.0.2.1'],
      ["the socket's, whatever the header says", 0, '198.51.100.7', '192.0.2.1', '192.0.2.1'],
      ['IPv4 if the socket has it as IPv6', 0, undefined, '::ffff:192.0.2.1', '192.0.2.1'],
      ['an IPv6 address', 0, undefined, '2001:DB8::1', '2001:db8::1'],
      ['what one proxy has added', 1, '198.51.100.7', '192.0.2.1', '198.51.100.7'],
      ['not what the caller has put before it', 1, '203.0.113.66, 198.51.100.7', '192.0.2.1', '198.51.100.7'],
      [
        'what the outer of two proxies has added',
        2,
        '6.6.6.6,198.51.100.7,192.0.2.9',
        '192.0.2.1',
        '198.51.100.7',
      ],
      ["the proxy's if it has added nothing", 1, undefined, '192.0.2.1', '192.0.2.1'],
      [
        'the outermost hop if there are fewer hops than proxies',
        3,
        '198.51.100.7',
        '192.0.2.1',
        '198.51.100.7',
      ],
      ['the next hop if one cannot be read', 2, 'unknown, 192.0.2.9', '192.0.2.1', '192.0.2.9'],
      ['without a port', 1, '198.51.100.7:4711', '192.0.2.1', '198.51.100.7'],
      ['without brackets and port', 1, '[2001:db8::7]:4711', '192.0.2.1', '2001:db8::7'],
      ['without brackets', 1, '[2001:db8::7]', '192.0.2.1', '2001:db8::7'],
      ['IPv4 if the header has it as IPv6', 1, '::FFFF:198.51.100.7', '192.0.2.1', '198.51.100.7'],
    ]
  for (const [what, trustedProxies, forwarded, remoteAddress, from] of rows) {
    it(`is ${what}`, () => {
      const request = { headers: { 'x-forwarded-for': forwarded }, socket: { remoteAddress } }
      expect(sourceAddressOf(request, trustedProxies)).to.equal(from)
    })
  }

  it('is unknown if the socket is gone', () => {
    expect(sourceAddressOf({ headers: {}, socket: {} }, 0)).to.equal(undefined)
  })
})

// A client with one IPv6 address can use the 2^64 of its network, and was counted as 2^64 guessers.
describe('the network that an address counts as', () => {
  const rows: [address: string, network: string][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:0:1::7', '2001:db8:0:1::/64'],
    ['2001:DB8:0:1:ffff:ffff:ffff:ffff', '2001:db8:0:1::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'],
    ['2001:0db8:0000:0002::', '2001:db8:0:2::/64'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['fe80::2%25en1', 'fe80:0:0:0::/64'],
    ['[2001:db8:0:1::7]', '2001:db8:0:1::/64'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1%eth0', '192.0.2.1'],
    ['unknown', 'unknown'],
  ]
  for (const [address, network] of rows)
    it(`is ${network} for ${address}`, () => {
      expect(networkOf(address)).to.equal(network)
    })

  it('keeps the address itself for the log line', () => {
    const socket = { remoteAddress: '2001:db8:0:1::7' }
    expect(sourceAddressOf({ headers: {}, socket }, 0)).to.equal('2001:db8:0:1::7')
  })
})

import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

type Request = Pick<IncomingMessage, 'headers'> & { socket: { remoteAddress?: string } }

/**
 * Where a request comes from. Anybody can write anything to `X-Forwarded-For`, so only what our own proxies have added counts:
 * each adds, at the right end, the address that called it.
 *
 * @param trustedProxies how many of our own proxies are in front of the service
 * @returns the IP address that called the outermost of them; undefined if the socket is gone
 */
export function sourceAddressOf({ headers, socket }: Request, trustedProxies: number): string | undefined {
  const [direct] = trustedProxies === 0 ? [readAddress(socket.remoteAddress ?? '')] : []
  if (direct !== undefined) return direct
  const hops = [headers['x-forwarded-for'] ?? '', socket.remoteAddress ?? '']
    .flatMap((part) => String(part).split(','))
    .map(readAddress)
  // A request that bypassed a proxy has fewer hops. A hop that cannot be read was not written by a proxy of ours.
  return hops.slice(-1 - trustedProxies).find((hop) => hop !== undefined)
}

/** @returns the address without brackets and port, and an IPv4 address in IPv6 form as IPv4; undefined if it is no address */
export function readAddress(text: string): string | undefined {
  if (isIP(text) === 4) return text
  const bare = /^\[(.+)\](?::\d+)?$/.exec(text.trim())?.[1] ?? text.trim()
  const address = bare.replace(/^([\d.]+):\d+$/, '$1').replace(/^::ffff:(?=[\d.]+$)/i, '')
  return isIP(address) === 0 ? undefined : address.toLowerCase()
}

/**
 * What counts as one caller: whoever has one IPv6 address can use its whole /64.
 *
 * @param address an IP address, also in brackets or with a zone
 * @returns an IPv4 address, also of one in IPv6 form; the first 64 bits of an IPv6 address; anything else as it is
 */
export function networkOf(address: string): string {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  if (isIP(bare) !== 6) return bare
  const groups = groupsOf(bare)
  if (groups.slice(0, 6).join(':') !== '0:0:0:0:0:ffff') return `${groups.slice(0, 4).join(':')}::/64`
  const bytes = groups.slice(6).flatMap((group) => [Number(`0x${group}`) >> 8, Number(`0x${group}`) & 255])
  return bytes.join('.')
}

/** @returns eight groups of hexadecimal digits, without leading zeros */
function groupsOf(ipv6: string): string[] {
  // A URL's host is the shortest form of the address, in hexadecimal digits throughout.
  const shortest = new URL(`http://[${ipv6}]`).hostname.slice(1, -1)
  const [head = [], tail = []] = shortest.split('::').map((part) => (part === '' ? [] : part.split(':')))
  return [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail]
}

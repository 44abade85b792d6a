import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

type Request = Pick<IncomingMessage, 'headers'> & { socket: { remoteAddress?: string } }

/**
 * Where a request comes from. Anyone can write anything into `X-Forwarded-For`; only what our own proxies have added is
 * believed: each adds, at the right end, the address that it was called from.
 *
 * @param trustedProxies how many proxies of ours stand before the service
 * @returns an IP address: the one that called the outermost of them; undefined where the socket is gone
 */
export function sourceAddressOf({ headers, socket }: Request, trustedProxies: number): string | undefined {
  const [direct] = trustedProxies === 0 ? [readAddress(socket.remoteAddress ?? '')] : []
  if (direct !== undefined) return direct
  const hops = [headers['x-forwarded-for'] ?? '', socket.remoteAddress ?? '']
    .flatMap((part) => String(part).split(','))
    .map(readAddress)
  // A request that came past a proxy has fewer hops; one that cannot be read was not written by a proxy of ours.
  return hops.slice(-1 - trustedProxies).find((hop) => hop !== undefined)
}

/** @returns without brackets and port, an IPv4 address in IPv6 form as IPv4; undefined for what is none */
export function readAddress(text: string): string | undefined {
  if (isIP(text) === 4) return text
  const bare = /^\[(.+)\](?::\d+)?$/.exec(text.trim())?.[1] ?? text.trim()
  const address = bare.replace(/^([\d.]+):\d+$/, '$1').replace(/^::ffff:(?=[\d.]+$)/i, '')
  return isIP(address) === 0 ? undefined : address.toLowerCase()
}

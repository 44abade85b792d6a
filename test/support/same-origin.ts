import type { IncomingMessage } from 'node:http'

/**
 * For a server on 127.0.0.1 without a password. Pages of other sites can send requests to it from the user's browser, and
 * by a name that leads to 127.0.0.1 even read the answers.
 * @returns why the request is not served; undefined if it comes from a page of this server, or from no page at all
 */
export function refuseForeign({ headers, socket, method }: IncomingMessage): string | undefined {
  const { host = '', origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = headers
  const ours = ['127.0.0.1', 'localhost'].map((name) => `${name}:${socket.localPort}`)
  if (!ours.includes(host)) return `This is ${ours[0]}, not the host that was asked for.`
  if (origin !== undefined && origin !== `http://${host}`) return 'A page of another site must not ask this.'
  // Somebody may follow a link to it, but nothing is changed by that.
  const isLink = mode === 'navigate' && method === 'GET'
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isLink)
    return 'A page of another site must not ask this.'
  return undefined
}

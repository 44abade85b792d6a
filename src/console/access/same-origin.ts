import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether a page of this console has sent a form, and not one of another site: browsers send a password to us from there
 * too. https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site is missing on plain HTTP, unless to
 * this machine; then the origin must be the host that was asked for.
 */
export function isFromHere(headers: IncomingHttpHeaders): boolean {
  const { host, origin, 'sec-fetch-site': site } = headers
  if (site !== undefined) return site === 'same-origin'
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host
}

import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether a form was sent by a page of this console. A page of another site could send one too, and the browser would add
 * the password. `Sec-Fetch-Site` is missing on plain HTTP, except to localhost; then the origin must be the host of the
 * request. https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
 */
export function isFromHere(headers: IncomingHttpHeaders): boolean {
  const { host, origin, 'sec-fetch-site': site } = headers
  if (site !== undefined) return site === 'same-origin'
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host
}

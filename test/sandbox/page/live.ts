import type { ServerResponse } from 'node:http'
import type { Piece } from './page-view.ts'

/** What many steps change at once is sent together. */
const gatherMs = 30
/** What changes without a word to us, such as a coupon by a call that hung. */
const lookEveryMs = 1000

/**
 * Sends each browser the pieces of the page that have changed, as server-sent events.
 * @param pieces all of them, as they are now
 */
export function createLive(pieces: () => Piece[]) {
  /** What each browser has. */
  const browsers = new Map<ServerResponse, Map<string, string>>()
  let gathering: NodeJS.Timeout | undefined
  const looking = setInterval(changed, lookEveryMs)

  function changed() {
    if (browsers.size > 0) gathering ??= setTimeout(sendAll, gatherMs)
  }

  function sendAll() {
    gathering = undefined
    const now = pieces()
    for (const [browser, shown] of browsers) send(now, browser, shown)
  }

  function send(now: Piece[], browser: ServerResponse, shown: Map<string, string>) {
    const fresh = now.filter(({ id, content }) => shown.get(id) !== content.text)
    for (const { id, content } of fresh) shown.set(id, content.text)
    if (fresh.length === 0) return
    const data = fresh.map(({ content, ...piece }) => ({ ...piece, html: content.text }))
    browser.write(`data: ${JSON.stringify(data)}\n\n`)
  }

  return {
    changed,
    listen(browser: ServerResponse) {
      browser.writeHead(200, { 'Content-Type': 'text/event-stream' })
      const shown = new Map<string, string>()
      browsers.set(browser, shown)
      browser.on('close', () => browsers.delete(browser))
      send(pieces(), browser, shown)
    },
    close() {
      clearInterval(looking)
      clearTimeout(gathering)
      for (const browser of browsers.keys()) browser.end()
    },
  }
}

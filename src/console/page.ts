import type { User } from './access/users.ts'
import { html, type Html } from './html.ts'

/** What a page answers: for a person, and the same as JSON for a script that asks for it. */
export type Page = { kind: 'page'; status: number; title: string; body: Html; json: unknown }
export type Answer = Page | { kind: 'redirect'; to: string } | { kind: 'text'; text: string }

export function page(title: string, body: Html, json: unknown, status = 200): Page {
  return { kind: 'page', status, title, body, json }
}

export function redirect(to: string): Answer {
  return { kind: 'redirect', to }
}

/** The request cannot be answered as it was meant: the message says why, and is shown. */
export class Refused extends Error {
  override name = 'Refused'
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const places = [
  ['/', 'Overview'],
  ['/redemptions', 'Redemptions'],
  ['/dead-letters', 'Dead letters'],
  ['/audit', 'Audit'],
] as const

/** @param path of the page, to mark its place in the menu */
export function layOut({ title, body }: Page, user: User, path: string, version: string): string {
  const links = places.map(
    ([to, name]) => html`<li><a href="${to}" ${isIn(path, to) && html`aria-current="page"`}>${name}</a></li>`,
  )
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Zonal loyalty adapter</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/style.css?v=${version}" />
        <script src="/script.js?v=${version}" defer></script>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header>
          <p class="brand">Zonal loyalty adapter</p>
          <nav aria-label="Pages">
            <ul>
              ${links}
            </ul>
          </nav>
          <form class="search" method="post" action="/search" role="search">
            <label for="q">Find a bill, card or id</label>
            <input id="q" name="q" type="search" autocomplete="off" maxlength="200" required />
            <button>Find</button>
          </form>
        </header>
        <main id="main" tabindex="-1">
          <h1>${title}</h1>
          ${body}
        </main>
        <footer>
          <p>Logged in as ${user.name} (${user.role}) · ${version}</p>
          <p id="notice" role="status"></p>
        </footer>
      </body>
    </html> `.text
}

function isIn(path: string, place: string): boolean {
  return place === '/' ? path === '/' : path.startsWith(place)
}

/** A page that says why there is nothing else. */
export function refusalPage({ status, message }: Refused): Page {
  return page(titles[status] ?? 'This did not work', html`<p>${message}</p>`, { error: message }, status)
}

const titles: Record<number, string> = {
  400: 'This cannot be read',
  401: 'Log in',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Not possible',
  409: 'It has changed meanwhile',
  413: 'Too much',
  422: 'Something is missing',
  429: 'Wait a moment',
  503: 'Not available just now',
}

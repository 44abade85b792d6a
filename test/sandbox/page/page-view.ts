import { html, type Html } from '../../../src/console/html.ts'

/**
 * A piece of the page that may change: the content of the element `id`. If there is none yet, it is made in the element
 * `into`; `isFixed`: and is left alone from then on.
 */
export type Piece = { id: string; content: Html; into?: string; tag?: 'li' | 'article'; isFixed?: boolean }

export type Pieces = { screen: Html; keys: Html; members: Html; switches: Html; entries: Html[] }

export function pageView({ screen, keys, members, switches, entries }: Pieces): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Zonal loyalty adapter: sandbox</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/page.css" />
        <script src="/page.js" defer></script>
      </head>
      <body>
        <a class="skip" href="#till">Skip to the till</a>
        <header>
          <h1>Sandbox</h1>
          <p>
            A till, the adapter between, and a simulated TRIFFT core. Let something fail, and see that nothing
            is lost.
          </p>
          <p id="notice" role="status"></p>
        </header>
        <main>
          <section id="till" aria-labelledby="till-heading" tabindex="-1">
            <h2 id="till-heading">Till</h2>
            <div id="screen" role="status" aria-label="The till's screen">${screen}</div>
            <div id="keys">${keys}</div>
          </section>
          <section id="wire" aria-labelledby="wire-heading">
            <h2 id="wire-heading">On the wire</h2>
            <a class="skip" id="skip-wire" href="#other-side">Skip the wire</a>
            <p><button id="pause" aria-pressed="false">Pause</button></p>
            <div id="entries">${entries}</div>
          </section>
          <section id="other-side" aria-labelledby="other-side-heading" tabindex="-1">
            <h2 id="other-side-heading">The other side</h2>
            <div id="switches">${switches}</div>
            <div id="members" class="wide" role="region" aria-label="Members" tabindex="0">${members}</div>
          </section>
        </main>
      </body>
    </html> `.text
}

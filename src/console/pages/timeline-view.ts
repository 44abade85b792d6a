import { dayOf } from '../../timeline/day.ts'
import type { Gathered } from '../../timeline/gather.ts'
import { toTimeline, type Timeline, type TimelineEvent } from '../../timeline/timeline.ts'
import type { Language } from '../../zonal/catalogue.ts'
import { html, type Html } from '../html.ts'
import { billPath, timeOfDay } from '../elements.ts'

type View = {
  found: Gathered
  timeZone: string
  language: Language
  /** Whether each event says of which bill it is. */
  namesBill: boolean
}

/** @returns the events, the oldest first, how it stands now, and links to what can be decided */
export function timelineView({ found, timeZone, language, namesBill }: View): {
  timeline: Timeline
  body: Html
} {
  const timeline = toTimeline(found, language)
  const days = Map.groupBy(timeline.events, ({ atMs }) => dayOf(atMs, timeZone))
  const body = html`
    ${timeline.isCut && html`<p class="ill">Older rows were left out: choose a day.</p>`}
    ${nowView(timeline, found)}
    ${[...days].map(
      ([day, events]) =>
        html`<h2>${day} <span class="dim">(times of ${timeZone})</span></h2>
          <ol class="timeline">
            ${events.map((event) => eventView(event, timeZone, namesBill))}
          </ol>`,
    )}
  `
  return { timeline, body }
}

function nowView({ now }: Timeline, { redemptions }: Gathered): Html {
  if (now.length === 0) return html``
  const links = redemptions.map(
    ({ id, state }) =>
      html`<li><a href="/redemptions/${id}">Redemption ${id}: ${state.replace('_', ' ')}</a></li>`,
  )
  return html`<section aria-labelledby="now">
    <h2 id="now">Now</h2>
    <ul>
      ${now.map((each) => html`<li>${each}</li>`)}
    </ul>
    ${
      links.length > 0 &&
      html`<ul class="links">
        ${links}
      </ul>`
    }
  </section>`
}

function eventView(
  { atMs, title, details, entry }: TimelineEvent,
  timeZone: string,
  namesBill: boolean,
): Html {
  const { venueId, account } = entry ?? {}
  const place =
    namesBill &&
    venueId &&
    (account === undefined
      ? html`Venue ${venueId}: `
      : html`<a href="${billPath(venueId, account, dayOf(atMs, timeZone))}"
            >Venue ${venueId}, bill ${account}</a
          >: `)
  return html`<li>
    ${timeOfDay(atMs, timeZone)}
    <p>${place || ''}${title}</p>
    ${
      details.length > 0 &&
      html`<ul>
        ${details.map((each) => html`<li>${each}</li>`)}
      </ul>`
    }
  </li>`
}

/** @returns links to the other days of which something is known */
export function dayLinks(path: string, day: string, otherDays: readonly string[], more = ''): Html {
  if (otherDays.length === 0) return html``
  const links = otherDays.map((each) => html`<li><a href="${path}?on=${each}${more}">${each}</a></li>`)
  return html`<nav aria-label="Other days">
    <p>This is ${day}. Something is also known of:</p>
    <ul class="links">
      ${links}
    </ul>
  </nav>`
}

/** A link to the same as text, which the script copies. */
export function copyLink(href: string): Html {
  return html`<p><a class="button" href="${href}" data-copy>Copy as text</a></p>`
}

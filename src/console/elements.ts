import { clockTime } from '../timeline/day.ts'
import { html, type Html } from './html.ts'

/** @returns a moment with its date, in the given zone and in UTC */
export function moment(atMs: number | undefined, timeZone: string): Html {
  if (atMs === undefined) return html`–`
  const iso = new Date(atMs).toISOString()
  return html`<time datetime="${iso}"
    >${dateIn(atMs, timeZone)} ${clockTime(atMs, timeZone)}
    <span class="utc">(${iso.slice(11, 19)} UTC)</span></time
  >`
}

/** @returns the time of a day whose date is said elsewhere */
export function timeOfDay(atMs: number, timeZone: string): Html {
  const iso = new Date(atMs).toISOString()
  return html`<time datetime="${iso}"
    >${clockTime(atMs, timeZone)} <span class="utc">(${iso.slice(11, 19)} UTC)</span></time
  >`
}

/** One for each zone: to make one takes longer than the rest of a row. */
const dates = new Map<string, Intl.DateTimeFormat>()

/** @returns the date of the calendar, not the day of the venue, which ends at four in the morning */
function dateIn(atMs: number, timeZone: string): string {
  let format = dates.get(timeZone)
  if (!format)
    dates.set(timeZone, (format = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' })))
  return format.format(atMs)
}

/** A table that can be scrolled sideways by keyboard too. */
export function table(caption: string, heads: readonly string[], rows: readonly (readonly Html[])[]): Html {
  const cells = rows.map(
    (row) =>
      html`<tr>
        ${row.map((cell) => html`<td>${cell}</td>`)}
      </tr>`,
  )
  return html`<div class="wide" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${heads.map((head) => html`<th scope="col">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${cells}
      </tbody>
    </table>
  </div>`
}

/** Names and what they are. */
export function facts(rows: readonly (readonly [name: string, what: Html | string | undefined])[]): Html {
  const items = rows.flatMap(([name, what]) =>
    what === undefined
      ? []
      : html`<div>
          <dt>${name}</dt>
          <dd>${what}</dd>
        </div>`,
  )
  return html`<dl class="facts">${items}</dl>`
}

export function billLink({ venueId, account, on }: { venueId: string; account: string; on?: string }): Html {
  return html`<a href="${billPath(venueId, account, on)}">bill ${account} at venue ${venueId}</a>`
}

export function billPath(venueId: string, account: string, on?: string): string {
  const day = on ? `?on=${on}` : ''
  return `/bills/${encodeURIComponent(venueId)}/${encodeURIComponent(account)}${day}`
}

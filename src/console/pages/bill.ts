import { periodOf, zoneOf } from '../../timeline/day.ts'
import { findDay } from '../../timeline/find-day.ts'
import { gatherBill } from '../../timeline/gather.ts'
import { toText } from '../../timeline/timeline.ts'
import { sourcesOf, type Desk, type Visit } from '../desk.ts'
import { html } from '../html.ts'
import { page, Refused, type Answer } from '../page.ts'
import { billPath } from '../elements.ts'
import { copyLink, dayLinks, timelineView } from './timeline-view.ts'

/** What happened to a bill, the oldest first. */
export async function billPage(desk: Desk, visit: Visit): Promise<Answer> {
  const { venue: venueId = '', account = '' } = visit.params
  const { zonal } = desk.config
  const zone = zoneOf(venueId, zonal)
  const on = readDay(visit)
  const trifftVenue = visit.query.get('venue') ?? undefined
  const sources = await sourcesOf(desk)
  const title = `Bill ${account} at venue ${venueId}`
  const gather = (period: Parameters<typeof gatherBill>[2]) =>
    gatherBill(sources, { venueId, account }, period)
  const looked = await findDay(gather, { on, trifftVenue }, { zone, isOfBill: true })
  const path = billPath(venueId, account)
  if (looked.kind === 'ambiguous') {
    const links = looked.venues.map((venue) => {
      const query = new URLSearchParams({ ...(on !== undefined && { on }), venue })
      return html`<li><a href="${path}?${query.toString()}">${venue}</a></li>`
    })
    const body = html`<p>
        Venues of ${looked.venues.length} TRIFFT projects have the Aztec ID ${venueId}. Which one is meant?
      </p>
      <ul class="links">
        ${links}
      </ul>`
    return page(title, body, looked)
  }
  if (looked.kind === 'unknown') {
    const body = html`<p>Nothing is known of this bill${on !== undefined && html` on ${on}`}.</p>
      ${dayLinks(path, on ?? '', looked.otherDays)}`
    return page(title, body, looked, 404)
  }
  const { found, day, otherDays } = looked
  const { timeline, body } = timelineView({
    found,
    timeZone: zone,
    language: zonal.language,
    namesBill: false,
  })
  if (visit.query.get('as') === 'text')
    return {
      kind: 'text',
      text: `What is known of ${title}\n\n${toText(timeline, zone, { namesBill: false })}\n`,
    }
  const ofVenue = trifftVenue === undefined ? '' : `&venue=${encodeURIComponent(trifftVenue)}`
  const { redemptions, tickets } = found
  return page(
    title,
    html`${copyLink(`${path}?on=${day}${ofVenue}&as=text`)} ${body} ${dayLinks(path, day, otherDays, ofVenue)}`,
    { timeZone: zone, ...timeline, redemptions, tickets, otherDays },
  )
}

/** @throws Refused if the day in the address is none */
export function readDay({ query }: Visit): string | undefined {
  const on = query.get('on') ?? undefined
  if (on !== undefined && !periodOf(on, 'UTC'))
    throw new Refused(400, 'The day in the address is not a date, such as 2026-11-23.')
  return on
}

import { zoneOf } from '../../timeline/day.ts'
import { isEmpty } from '../../timeline/find-day.ts'
import { gatherId } from '../../timeline/gather.ts'
import { toText } from '../../timeline/timeline.ts'
import { sourcesOf, type Desk, type Visit } from '../desk.ts'
import { html } from '../html.ts'
import { page, Refused, type Answer } from '../page.ts'
import { copyLink, timelineView } from './timeline-view.ts'

/** What an id names that belongs to no bill, such as a message that could not be read. */
export async function idPage(desk: Desk, visit: Visit): Promise<Answer> {
  const { id = '' } = visit.params
  const found = await gatherId(await sourcesOf(desk), id)
  if (isEmpty(found)) throw new Refused(404, 'Nothing is known of this id.')
  const { zonal } = desk.config
  const timeZone = zoneOf(found.entries[0]?.venueId ?? '', zonal)
  const { timeline, body } = timelineView({ found, timeZone, language: zonal.language, namesBill: true })
  if (visit.query.get('as') === 'text')
    return {
      kind: 'text',
      text: `What is known of ${id}\n\n${toText(timeline, timeZone, { namesBill: true })}\n`,
    }
  const copy = copyLink(`/ids/${encodeURIComponent(id)}?as=text`)
  return page(`Id ${id}`, html`${copy} ${body}`, { timeZone, ...timeline })
}

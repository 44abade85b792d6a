import { always, type Period } from '../../diary/look-ups.ts'
import { findDay } from '../../timeline/find-day.ts'
import { gatherCard } from '../../timeline/gather.ts'
import { toText } from '../../timeline/timeline.ts'
import { actOf, needRole, sourcesOf, type Desk, type Visit } from '../desk.ts'
import { html } from '../html.ts'
import { page, Refused, type Answer } from '../page.ts'
import { readDay } from './bill.ts'
import { copyLink, dayLinks, timelineView } from './timeline-view.ts'

/** A card that somebody looks at again and again is one line in the audit. */
const notedForMs = 10 * 60_000

/** What happened with a card, at every venue. The address has its hash, never its number. */
export async function cardPage(desk: Desk, visit: Visit): Promise<Answer> {
  needRole(visit, 'support', 'Looking up a card')
  const { hash = '' } = visit.params
  if (!/^[0-9a-f]{64}$/.test(hash)) throw new Refused(404, 'There is no such card.')
  const { timeZone, language } = desk.config.zonal
  const sources = await sourcesOf(desk)
  const on = readDay(visit)
  const everything = await gatherCard(sources, hash, always)
  const masked = everything.entries.find(({ cardMasked }) => cardMasked !== undefined)?.cardMasked ?? '*'
  if (everything.entries.length > 0) await noteLook(desk, visit, hash, masked)
  const gather = async (period: Period) =>
    period === always ? everything : await gatherCard(sources, hash, period)
  const looked = await findDay(gather, { on, trifftVenue: undefined }, { zone: timeZone, isOfBill: false })
  const path = `/cards/${hash}`
  if (looked.kind !== 'found')
    return page(
      'Card',
      html`<p>Nothing is known of this card${on !== undefined && html` on ${on}`}.</p>
        ${looked.kind === 'unknown' && dayLinks(path, on ?? '', looked.otherDays)}`,
      looked,
      404,
    )
  const { found, day, otherDays } = looked
  const { timeline, body } = timelineView({ found, timeZone, language, namesBill: true })
  if (visit.query.get('as') === 'text')
    return {
      kind: 'text',
      text: `What is known of card ${masked}\n\n${toText(timeline, timeZone, { namesBill: true })}\n`,
    }
  return page(
    `Card ${masked}`,
    html`${copyLink(`${path}?on=${day}&as=text`)} ${body} ${dayLinks(path, day, otherDays)}`,
    { timeZone, ...timeline, otherDays },
  )
}

/** Whatever is shown of it, also that nothing is known of the day that was asked for. */
async function noteLook({ journal, clock }: Desk, visit: Visit, hash: string, masked: string) {
  const window = Math.floor(clock.nowMs() / notedForMs)
  const act = actOf(visit, `card ${visit.user.name} ${hash} ${window}`)
  await journal.acts.note({ name: 'find_card', target: masked }, act)
}

import { sendDeadLetter } from '../../dead-letters/send.ts'
import { DeadLetterStays } from '../../dead-letters/unread-message.ts'
import { zoneOf } from '../../timeline/day.ts'
import { mayActAs } from '../access/users.ts'
import { actForm, readAct } from '../act-form.ts'
import { actOf, needRole, type Desk, type Visit } from '../desk.ts'
import { html, type Html } from '../html.ts'
import { page, type Answer } from '../page.ts'
import { moment, table } from '../elements.ts'
import { problemNotice } from './redemption.ts'
import { olderLink, readPlace } from './redemptions.ts'

const shown = 100

type Result = { id: string; isSent: boolean; said: string }
type Said = { status: number; problem?: string; results?: Result[] }

/** What could not be read, or what Kafka has refused, and why; newest first. */
export async function deadLettersPage(desk: Desk, visit: Visit): Promise<Answer> {
  return await show(desk, visit, { status: 200 })
}

/** Sends all that were shown, if their number was typed: one that cannot be sent holds up no other. */
export async function sendShown(desk: Desk, visit: Visit): Promise<Answer> {
  needRole(visit, 'operator', 'Sending again')
  const act = readAct(visit)
  if ('problem' in act) return await show(desk, visit, { status: 422, problem: act.problem })
  const ids = visit.fields
    .getAll('id')
    .filter((id) => /^[\w-]{1,64}$/.test(id))
    .slice(0, shown)
  if (ids.length === 0) return await show(desk, visit, { status: 422, problem: 'There is none to send.' })
  if (visit.fields.get('count')?.trim() !== String(ids.length))
    return await show(desk, visit, { status: 422, problem: `Type how many are sent: ${ids.length}.` })
  const results: Result[] = []
  // The oldest first, as they came.
  for (const id of ids.toReversed())
    results.push(await sendOne(desk, id, actOf(visit, `${act.id} ${id}`, act.why)))
  return await show(desk, visit, { status: 200, results })
}

async function sendOne(desk: Desk, id: string, act: Parameters<typeof sendDeadLetter>[2]): Promise<Result> {
  try {
    const { text: said } = await sendDeadLetter(desk, id, act)
    return { id, isSent: true, said }
  } catch (error) {
    if (!(error instanceof DeadLetterStays)) throw error
    return { id, isSent: false, said: error.message }
  }
}

async function show({ reading, config }: Desk, { query, user }: Visit, said: Said): Promise<Answer> {
  const venueId = query.get('venue')?.trim() || undefined
  const after = readPlace(query)
  const found = await reading.journal.listDeadLetters({ venueId, after, limit: shown + 1 })
  const listed = found.slice(0, shown)
  const rows = listed.map((each) => [
    html`<a href="/dead-letters/${each.id}">${each.id.slice(0, 12)}…</a>`,
    moment(each.keptAtMs, zoneOf(each.venueId, config.zonal)),
    html`${each.venueId}`,
    html`${kindWords[each.kind]}`,
    html`${each.reason}`,
  ])
  const heads = ['Dead letter', 'Kept', 'Venue', 'Kind', 'Why']
  const body = html`${said.problem !== undefined && problemNotice(said.problem)}
    ${said.results && resultsOf(said.results)}
    <form class="filter" method="get" action="/dead-letters">
      <label for="venue">Aztec venue ID</label>
      <input id="venue" name="venue" value="${venueId ?? ''}" maxlength="64" />
      <button>Show</button>
    </form>
    ${rows.length === 0 ? html`<p>There are no dead letters.</p>` : table('Dead letters, newest first', heads, rows)}
    ${found.length > shown && olderLink('/dead-letters', query, { atMs: listed.at(-1)!.keptAtMs, id: listed.at(-1)!.id })}
    ${listed.length > 0 && mayActAs(user.role, 'operator') && sendForm(listed.map(({ id }) => id))}`
  return page('Dead letters', body, { deadLetters: listed, ...said }, said.status)
}

export const kindWords = { message: 'could not be read', ticket: 'refused by Kafka' }

function resultsOf(results: Result[]): Html {
  const sent = results.filter(({ isSent }) => isSent).length
  const items = results.map(({ id, said }) => html`<li>${id.slice(0, 12)}…: ${said}</li>`)
  return html`<div class="done" role="status">
    <p>${sent} of ${results.length} are sent${sent < results.length && html`; the others are kept`}.</p>
    <ul>
      ${items}
    </ul>
  </div>`
}

function sendForm(ids: string[]): Html {
  return actForm({
    name: 'send',
    action: '/dead-letters/send',
    heading: `Send again all ${ids.length} that are shown`,
    says: 'Each is read again as the service reads it today, or sent to Kafka again, the oldest first. What still cannot be read is kept.',
    button: 'Send all that are shown',
    more: html`${ids.map((id) => html`<input type="hidden" name="id" value="${id}" />`)}
      <label for="count">How many are sent? Type ${ids.length}.</label>
      <input
        id="count"
        name="count"
        inputmode="numeric"
        required
        pattern="${ids.length}"
        autocomplete="off"
      />`,
  })
}

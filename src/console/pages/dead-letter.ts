import { sendDeadLetter } from '../../dead-letters/send.ts'
import { DeadLetterStays, describeMessage, readableText } from '../../dead-letters/unread-message.ts'
import type { OpenedDeadLetter } from '../../journal/stored-tickets.ts'
import { zoneOf } from '../../timeline/day.ts'
import { mayActAs } from '../access/users.ts'
import { actForm, readAct } from '../act-form.ts'
import { actOf, needRole, type Desk, type Visit } from '../desk.ts'
import { html, type Html } from '../html.ts'
import { page, redirect, Refused, type Answer } from '../page.ts'
import { facts, moment } from '../elements.ts'
import { auditTable, doneNotice } from './audit-view.ts'
import { kindWords } from './dead-letters.ts'
import { problemNotice } from './redemption.ts'

/** One that somebody reads again and again is one line in the audit. */
const notedForMs = 10 * 60_000
/** As much as a person reads. */
const maxShownLength = 64 * 1024

/** One dead letter: why it was kept, and for support what is in it. */
export async function deadLetterPage(desk: Desk, visit: Visit): Promise<Answer> {
  return await show(desk, visit, { status: 200 })
}

/** @throws Refused unless the user is an operator */
export async function send(desk: Desk, visit: Visit): Promise<Answer> {
  needRole(visit, 'operator', 'Sending again')
  const act = readAct(visit)
  if ('problem' in act) return await show(desk, visit, { status: 422, problem: act.problem })
  try {
    await sendDeadLetter(desk, idOf(visit), actOf(visit, act.id, act.why))
  } catch (error) {
    if (!(error instanceof DeadLetterStays)) throw error
    return await show(desk, visit, { status: 409, problem: `Nothing was done: ${error.message}.` })
  }
  return redirect(`/dead-letters/${idOf(visit)}?done=${act.id}`)
}

export async function drop(desk: Desk, visit: Visit): Promise<Answer> {
  needRole(visit, 'operator', 'Deleting')
  const act = readAct(visit)
  if ('problem' in act) return await show(desk, visit, { status: 422, problem: act.problem })
  const isDone = await desk.journal.acts.dropDeadLetter(idOf(visit), 'drop', actOf(visit, act.id, act.why))
  if (!isDone)
    return await show(desk, visit, { status: 409, problem: 'Nothing was done: it is not there any more.' })
  return redirect(`/dead-letters/${idOf(visit)}?done=${act.id}`)
}

function idOf({ params }: Visit): string {
  const id = params.id?.toLowerCase() ?? ''
  if (!/^[\w-]{1,64}$/.test(id)) throw new Refused(404, 'There is no such dead letter.')
  return id
}

async function show(
  desk: Desk,
  visit: Visit,
  { status, problem }: { status: number; problem?: string },
): Promise<Answer> {
  const id = idOf(visit)
  const [opened, audit] = await Promise.all([
    desk.reading.journal.openDeadLetter(id),
    desk.reading.journal.audit({ target: id, limit: 50 }),
  ])
  if (!opened && audit.length === 0) throw new Refused(404, 'There is no such dead letter.')
  const { config } = desk
  const zone = opened ? zoneOf(opened.venueId, config.zonal) : config.zonal.timeZone
  const content =
    opened && mayActAs(visit.user.role, 'support') ? await readContent(desk, visit, opened) : undefined
  const body = html`${problem !== undefined && problemNotice(problem)}
  ${doneNotice(audit, visit.query.get('done'))}
  ${opened ? letterView(opened, zone) : html`<p>It is not there any more.</p>`}
  ${content && contentView(content)}
  ${opened && !content && html`<p>Only support and operators can read its content.</p>`}
  ${opened && mayActAs(visit.user.role, 'operator') && forms(opened)}
  ${
    audit.length > 0 &&
    html`<h2>Who did what</h2>
      ${auditTable(audit, zone)}`
  }`
  const { venueId, kind, reason, keptAtMs } = opened ?? {}
  return page(
    `Dead letter ${id.slice(0, 12)}…`,
    body,
    { id, venueId, kind, reason, keptAtMs, content, audit, problem },
    status,
  )
}

type Content = { text: string; rows: (readonly [string, string])[] }

async function readContent(
  { journal, clock }: Desk,
  visit: Visit,
  opened: OpenedDeadLetter,
): Promise<Content> {
  const window = Math.floor(clock.nowMs() / notedForMs)
  const act = actOf(visit, `content ${visit.user.name} ${opened.id} ${window}`)
  await journal.acts.note({ name: 'see_content', target: opened.id }, act)
  if (opened.kind === 'ticket') return { text: JSON.stringify(opened.ticket.closed, null, 2), rows: [] }
  const { message } = opened
  const rows = describeMessage(message).map(([name = '', what = '']) => [name, what] as const)
  return { text: (await readableText(message)) ?? `base64: ${message.base64}`, rows }
}

function letterView({ kind, venueId, reason, keptAtMs }: OpenedDeadLetter, zone: string): Html {
  return facts([
    ['Kind', kindWords[kind]],
    ['Venue', venueId],
    ['Kept', moment(keptAtMs, zone)],
    ['Why', reason],
  ])
}

function contentView({ text, rows }: Content): Html {
  const shown = text.length > maxShownLength ? `${text.slice(0, maxShownLength)}…` : text
  return html`<h2>What is in it</h2>
    <p class="ill">It may contain a card number: do not pass it on.</p>
    ${facts(rows)}
    <pre tabindex="0" aria-label="Content">${shown}</pre>`
}

function forms({ id, kind }: OpenedDeadLetter): Html {
  return html`${actForm({
    name: 'send',
    action: `/dead-letters/${id}/send`,
    heading: 'Send it again',
    says:
      kind === 'ticket'
        ? 'It waits for Kafka again, behind all others, like a new ticket.'
        : 'It is read again as the service reads it today. If that works, it is taken like a new ticket; else it is kept.',
    button: 'Send again',
  })}
  ${actForm({
    name: 'drop',
    action: `/dead-letters/${id}/drop`,
    heading: 'Delete it',
    says: 'Its bill is never sent: the guest gets no points for it. This cannot be undone.',
    button: 'Delete for good',
  })}`
}

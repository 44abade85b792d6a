import type { AuditEntry } from '../../journal/audit.ts'
import type { Acted } from '../../journal/acts.ts'
import type { RedemptionRecord } from '../../redemptions/record.ts'
import { dayOf, zoneOf } from '../../timeline/day.ts'
import { tellState, tellWhat } from '../../timeline/words.ts'
import { mayActAs } from '../access/users.ts'
import { actForm, readAct } from '../act-form.ts'
import { actOf, needRole, type Desk, type Visit } from '../desk.ts'
import { html, type Html } from '../html.ts'
import { page, redirect, Refused, type Answer } from '../page.ts'
import { billLink, facts, moment } from '../elements.ts'
import { auditTable, doneNotice } from './audit-view.ts'
import { stateWords } from './redemptions.ts'

/** One redemption: how it stands, what was decided, and what can be. */
export async function redemptionPage(desk: Desk, visit: Visit): Promise<Answer> {
  const record = await find(desk, visit)
  return await show(desk, visit, record, { status: 200 })
}

/** Tries again to give it back. */
export async function retry(desk: Desk, visit: Visit): Promise<Answer> {
  needRole(visit, 'operator', 'A retry')
  const act = readAct(visit)
  const record = await find(desk, visit)
  if ('problem' in act) return await show(desk, visit, record, { status: 422, problem: act.problem })
  const { id, why, state } = act
  const acted = await desk.journal.acts.retry(record.id, actOf(visit, id, why), { seenState: state })
  return await answer(desk, visit, acted, id)
}

/** Closes it without asking TRIFFT. */
export async function settle(desk: Desk, visit: Visit): Promise<Answer> {
  needRole(visit, 'operator', 'A decision')
  const act = readAct(visit)
  const record = await find(desk, visit)
  const as = visit.fields.get('as')
  if ('problem' in act) return await show(desk, visit, record, { status: 422, problem: act.problem })
  if (as !== 'reversed' && as !== 'taken')
    return await show(desk, visit, record, { status: 422, problem: 'Choose what it is settled as.' })
  const { id, why, state } = act
  const acted = await desk.journal.acts.settle(
    record.id,
    as,
    { ...actOf(visit, id), why },
    { seenState: state },
  )
  return await answer(desk, visit, acted, id)
}

async function answer(
  desk: Desk,
  visit: Visit,
  { outcome, redemption }: Acted,
  actId: string,
): Promise<Answer> {
  if (!redemption) throw new Refused(404, 'There is no such redemption any more.')
  if (outcome === 'done') return redirect(`/redemptions/${redemption.id}?done=${actId}`)
  const problem =
    outcome === 'changed'
      ? 'Nothing was done: it has changed since you saw it. This is how it stands now.'
      : `Nothing was done: it is ${stateWords[redemption.state]} now.`
  return await show(desk, visit, redemption, { status: 409, problem })
}

async function find({ reading }: Desk, { params }: Visit): Promise<RedemptionRecord> {
  const id = params.id?.toLowerCase() ?? ''
  const [record] = /^[0-9a-f-]{1,64}$/.test(id) ? await reading.journal.redemptionsByIds([id]) : []
  if (!record) throw new Refused(404, 'There is no such redemption, or it is older than 60 days.')
  return record
}

async function show(
  { config, reading }: Desk,
  visit: Visit,
  record: RedemptionRecord,
  { status, problem }: { status: number; problem?: string },
): Promise<Answer> {
  const zone = zoneOf(record.venueId, config.zonal)
  const audit = await reading.journal.audit({ target: record.id, limit: 50 })
  const body = html`${problem !== undefined && problemNotice(problem)}
    ${doneNotice(audit, visit.query.get('done'))}
    <p class="state">${tellState(record, config.zonal.language)}</p>
    ${facts(describe(record, zone))} ${acts(record, visit)} ${history(audit, zone)}`
  return page(`Redemption ${record.id}`, body, { redemption: record, audit, problem }, status)
}

export function problemNotice(problem: string): Html {
  return html`<div class="problem" role="alert" id="problem">
    <h2>This was not done</h2>
    <p>${problem}</p>
  </div>`
}

function describe(record: RedemptionRecord, zone: string): (readonly [string, Html | string | undefined])[] {
  const { account, venueId, createdAtMs, undo, settled } = record
  return [
    ['State', stateWords[record.state]],
    ['What', tellWhat(record.what)],
    ['Card', record.cardMasked],
    [
      'Bill',
      account === undefined
        ? `venue ${venueId}`
        : billLink({ venueId, account, on: dayOf(createdAtMs, zone) }),
    ],
    ['Attempt', String(record.attempt)],
    ['Begun', moment(createdAtMs, zone)],
    ['Taken', record.confirmedAtMs === undefined ? undefined : moment(record.confirmedAtMs, zone)],
    [
      'OK sent to the till',
      record.answeredAtMs === undefined ? undefined : moment(record.answeredAtMs, zone),
    ],
    ['In doubt since', undo && moment(undo.sinceMs, zone)],
    [
      'To be given back because',
      undo && (undo.by === 'till' ? 'the till asked for it' : 'the till never got its OK'),
    ],
    ['Tries to give it back', undo && `${undo.calls}, of which TRIFFT refused ${undo.refusals}`],
    ['Last answer of TRIFFT', undo?.last],
    ['Next try', undo?.dueAtMs === undefined ? undefined : moment(undo.dueAtMs, zone)],
    ['Settled by', settled?.by],
    ['Settled', settled && moment(settled.atMs, zone)],
    ['Why', settled?.why],
    ['Trace', record.traceId],
  ]
}

function acts(record: RedemptionRecord, { user }: Visit): Html {
  const canBeRetried = record.state === 'stuck'
  const canBeSettled = canBeRetried || record.state === 'in_doubt'
  if (!canBeSettled) return html``
  if (!mayActAs(user.role, 'operator')) return html`<p>An operator can decide this.</p>`
  const { id, state } = record
  const what = tellWhat(record.what)
  return html`${
    canBeRetried &&
    actForm({
      name: 'retry',
      action: `/redemptions/${id}/retry`,
      heading: 'Try again to give it back',
      says: `TRIFFT is asked at once, and then again and again for a day, to give ${what} back to card ${record.cardMasked}.`,
      button: 'Try again',
      state,
    })
  }
  ${actForm({
    name: 'settle',
    action: `/redemptions/${id}/settle`,
    heading: 'Settle it',
    says: 'This does not ask TRIFFT, and nothing is tried any more. Check TRIFFT first: what you choose here must match what it shows.',
    button: 'Settle',
    state,
    more: html`<fieldset>
      <legend>It is</legend>
      <label
        ><input type="radio" name="as" value="reversed" required /> not taken: the guest has it, or has got it
        back</label
      >
      <label><input type="radio" name="as" value="taken" required /> taken: the guest had it</label>
    </fieldset>`,
  })}`
}

function history(audit: AuditEntry[], zone: string): Html {
  return audit.length === 0
    ? html``
    : html`<h2>Who did what</h2>
        ${auditTable(audit, zone)}`
}

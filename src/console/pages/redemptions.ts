import type { Listed } from '../../journal/paging.ts'
import { redemptionStates, type RedemptionState } from '../../redemptions/redemption.ts'
import type { Desk, Visit } from '../desk.ts'
import { html, type Html } from '../html.ts'
import { page, Refused, type Answer } from '../page.ts'
import { billLink, moment, table } from '../elements.ts'
import { dayOf, zoneOf } from '../../timeline/day.ts'
import { tellWhat } from '../../timeline/words.ts'

const shown = 100
const dayMs = 24 * 60 * 60 * 1000
const open: RedemptionState[] = ['in_doubt', 'stuck']

/** What is in doubt or stuck, or any other redemptions of the last days, most recently changed first. */
export async function redemptionsPage({ reading, config, clock }: Desk, { query }: Visit): Promise<Answer> {
  const chosen = query.getAll('state')
  const states = chosen.length === 0 ? open : chosen.map(readState)
  const venueId = query.get('venue')?.trim() || undefined
  const after = readPlace(query)
  const sinceMs = clock.nowMs() - 35 * dayMs
  const found = await reading.journal.listRedemptions({ states, venueId, sinceMs, after, limit: shown + 1 })
  const listed = found.slice(0, shown)
  const rows = listed.map((record) => {
    const zone = zoneOf(record.venueId, config.zonal)
    const { id, venueId: venue, account, createdAtMs } = record
    return [
      html`<a href="/redemptions/${id}">${id}</a>`,
      html`${stateWords[record.state]}`,
      moment(createdAtMs, zone),
      account === undefined
        ? html`venue ${venue}`
        : billLink({ venueId: venue, account, on: dayOf(createdAtMs, zone) }),
      html`${record.cardMasked}`,
      html`${tellWhat(record.what)}`,
      html`${record.undo?.last ?? '–'}`,
    ]
  })
  const heads = ['Redemption', 'State', 'Begun', 'Bill', 'Card', 'What', 'Last answer of TRIFFT']
  const body = html`${filterForm(states, venueId)}
  ${rows.length === 0 ? html`<p>No redemptions found.</p>` : table('Redemptions, most recently changed first', heads, rows)}
  ${found.length > shown && olderLink('/redemptions', query, { atMs: listed.at(-1)!.changedAtMs, id: listed.at(-1)!.id })}`
  return page('Redemptions', body, listed)
}

export const stateWords: Record<RedemptionState, string> = {
  sent: 'being redeemed',
  not_done: 'not taken: could not be asked',
  refused: 'refused',
  confirmed: 'taken',
  credited: 'given back, as the till asked',
  in_doubt: 'in doubt',
  reversed: 'not taken: given back',
  stuck: 'stuck',
}

function readState(name: string): RedemptionState {
  const state = redemptionStates.find((each) => each === name)
  if (!state) throw new Refused(400, `There is no state of this name. It is ${redemptionStates.join(', ')}.`)
  return state
}

/** @returns where the page before ended */
export function readPlace(query: URLSearchParams): Listed | undefined {
  const text = query.get('after')
  if (text === null) return undefined
  const [, atMs, id] = /^(\d{1,15})-([\w-]{1,64})$/.exec(text) ?? []
  if (atMs === undefined || id === undefined)
    throw new Refused(400, 'The position in the address (after=…) cannot be read.')
  return { atMs: Number(atMs), id }
}

/** @param last that was listed */
export function olderLink(path: string, query: URLSearchParams, { atMs, id }: Listed): Html {
  const next = new URLSearchParams(query)
  next.set('after', `${atMs}-${id}`)
  return html`<p><a href="${path}?${next.toString()}">Older ones</a></p>`
}

function filterForm(states: readonly RedemptionState[], venueId: string | undefined): Html {
  const boxes = redemptionStates.map(
    (state) =>
      html`<label>
        <input type="checkbox" name="state" value="${state}" ${states.includes(state) && html`checked`} />
        ${stateWords[state]}
      </label>`,
  )
  return html`<form class="filter" method="get" action="/redemptions">
    <fieldset>
      <legend>States</legend>
      ${boxes}
    </fieldset>
    <label for="venue">Aztec venue ID</label>
    <input id="venue" name="venue" value="${venueId ?? ''}" maxlength="64" />
    <button>Show</button>
  </form>`
}

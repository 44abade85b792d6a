import type { Desk, Visit } from '../desk.ts'
import { html } from '../html.ts'
import { page, Refused, type Answer } from '../page.ts'
import { auditTable } from './audit-view.ts'

const shown = 100

/** What people did, or looked at. */
export async function auditPage({ reading, config }: Desk, { query }: Visit): Promise<Answer> {
  const target = query.get('of')?.trim() || undefined
  const below = query.get('below')
  if (below !== null && !/^\d{1,15}$/.test(below))
    throw new Refused(400, 'The line in the address is not a number.')
  const found = await reading.journal.audit({
    target,
    belowSequence: below === null ? undefined : Number(below),
    limit: shown + 1,
  })
  const listed = found.slice(0, shown)
  const next = new URLSearchParams(query)
  next.set('below', String(listed.at(-1)?.sequence))
  const body = html`<form class="filter" method="get" action="/audit">
      <label for="of">Of a redemption, dead letter, or the last four of a card (*1001)</label>
      <input id="of" name="of" value="${target ?? ''}" maxlength="128" />
      <button>Show</button>
    </form>
    ${listed.length === 0 ? html`<p>No entries found.</p>` : auditTable(listed, config.zonal.timeZone)}
    ${found.length > shown && html`<p><a href="?${next.toString()}">Older ones</a></p>`}`
  return page('Audit', body, listed)
}

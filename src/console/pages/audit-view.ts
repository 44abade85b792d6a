import { nameOf, type ActName, type AuditEntry } from '../../journal/audit.ts'
import { html, type Html } from '../html.ts'
import { moment, table } from '../elements.ts'

const actWords: Record<ActName, string> = {
  retry: 'tried again to give back',
  settle: 'settled',
  send: 'sent again',
  drop: 'deleted',
  erase_card: 'erased a card',
  find_card: 'looked a card up',
  see_content: 'read the content',
}

export function auditTable(entries: AuditEntry[], timeZone: string): Html {
  const rows = entries.map((entry) => [
    moment(entry.atMs, timeZone),
    html`${nameOf(entry)}`,
    html`${actWords[entry.act] ?? entry.act}`,
    targetLink(entry),
    html`${entry.before ?? '–'}`,
    html`${entry.after ?? '–'}`,
    html`${entry.why ?? '–'}`,
    html`${entry.by}${entry.address !== undefined && html`, from ${entry.address}`}`,
  ])
  return table('Newest first', ['When', 'Who', 'What', 'Of', 'Before', 'After', 'Why', 'By'], rows)
}

function targetLink({ act, target }: AuditEntry): Html {
  if (act === 'retry' || act === 'settle') return html`<a href="/redemptions/${target}">${target}</a>`
  return html`${target}`
}

/** @param id of the act that the address names: it has just been done */
export function doneNotice(audit: AuditEntry[], id: string | null): Html {
  const done = audit.find((entry) => entry.id === id)
  if (!done) return html``
  return html`<p class="done" role="status">
    ✓ Done: ${done.who} has ${actWords[done.act]}${done.after !== undefined && html` (${done.after})`}.
  </p>`
}

import { randomUUID } from 'node:crypto'
import { always, billsByNumber } from '../../diary/look-ups.ts'
import { maskCard } from '../../model/words.ts'
import { billsOf, isEmpty, type BillOnDay } from '../../timeline/find-day.ts'
import { gatherBill, gatherCard, gatherId, type Gathered, type Sources } from '../../timeline/gather.ts'
import { dayOf, zoneOf } from '../../timeline/day.ts'
import { printable } from '../../observability/printable.ts'
import { findCardNumber } from '../../zonal/messages/card.ts'
import { mayActAs } from '../access/users.ts'
import { actOf, sourcesOf, type Desk, type Visit } from '../desk.ts'
import { html } from '../html.ts'
import { page, redirect, type Answer } from '../page.ts'
import { billLink, billPath } from '../elements.ts'

const longest = 200

/**
 * One field for a bill, a card, and the ids of a request, transaction, redemption, ticket or dead letter. It is posted, and
 * what was typed is never shown again: it may be a card number.
 */
export async function searchPage(desk: Desk, visit: Visit): Promise<Answer> {
  const typed = (visit.fields.get('q') ?? '').trim()
  if (typed === '' || typed.length > longest) return nothing(`Type 1 to ${longest} characters.`, 422)
  const sources = await sourcesOf(desk)
  const byId = await gatherId(sources, typed)
  const bills = [
    ...(await findBill(sources, typed)),
    ...billsOf(byId, desk.config.zonal),
    ...(await findByNumber(desk, typed)),
  ]
  // The last day of each: a till may use its references again.
  const found = [
    ...new Map(
      bills.toReversed().map((bill) => [`${bill.venueId} ${printable(bill.account)}`, bill]),
    ).values(),
  ].toReversed()
  const [only] = found
  if (only && found.length === 1) return redirect(billPath(only.venueId, only.account, only.on))
  if (found.length > 1) return choices(found)
  return (
    (await findOther(desk, byId, typed)) ??
    (await findCard(desk, visit, sources, typed)) ??
    nothing(
      `Nothing is known of what you typed. ${mayActAs(visit.user.role, 'support') ? '' : 'Cards can be looked up by support only. '}`,
      404,
    )
  )
}

/** `1902 5001`, or `1902/5001`. */
async function findBill(sources: Sources, typed: string): Promise<BillOnDay[]> {
  const [, venueId, account] = /^([A-Za-z0-9_-]{1,64})(?:\s*\/\s*|\s+)(\S.*)$/.exec(typed) ?? []
  if (venueId === undefined || account === undefined) return []
  const gathered = await gatherBill(sources, { venueId, account }, always)
  return isEmpty(gathered) ? [] : [{ venueId, account, on: '' }]
}

/** The number of a bill at whatever venue. */
async function findByNumber({ reading, config }: Desk, typed: string): Promise<BillOnDay[]> {
  const diary = await reading.diary()
  const found = (await diary?.read(() => billsByNumber(typed))) ?? []
  return found.map(({ venueId, account, lastMs }) => ({
    venueId,
    account,
    on: dayOf(lastMs, zoneOf(venueId, config.zonal)),
  }))
}

/** What belongs to no bill. */
async function findOther({ reading }: Desk, byId: Gathered, typed: string): Promise<Answer | undefined> {
  if (!isEmpty(byId)) return redirect(`/ids/${encodeURIComponent(typed)}`)
  const id = typed.toLowerCase()
  const isDeadLetter = /^[\w-]{8,64}$/.test(id) && (await reading.journal.hasDeadLetter(id))
  return isDeadLetter ? redirect(`/dead-letters/${id}`) : undefined
}

/** Written down also if nothing is known of the card: somebody has looked for it. */
async function findCard(
  desk: Desk,
  visit: Visit,
  sources: Sources,
  typed: string,
): Promise<Answer | undefined> {
  if (!mayActAs(visit.user.role, 'support')) return undefined
  const cardNumber = findCardNumber(typed, desk.config.zonal.cardPrefixes)
  if (cardNumber === undefined) return undefined
  const hash = desk.hashCard(cardNumber)
  if (!isEmpty(await gatherCard(sources, hash, always))) return redirect(`/cards/${hash}`)
  const after = 'nothing is known of it'
  await desk.journal.acts.note(
    { name: 'find_card', target: maskCard(cardNumber), after },
    actOf(visit, randomUUID()),
  )
  return undefined
}

function choices(found: BillOnDay[]): Answer {
  const items = found.map((bill) => html`<li>${billLink(bill)}</li>`)
  return page(
    'Which bill?',
    html`<p>What you typed is on ${found.length} bills:</p>
      <ul class="links">
        ${items}
      </ul>`,
    { bills: found },
  )
}

function nothing(message: string, status: number): Answer {
  return page(
    'Nothing found',
    html`<p>${message}</p>
      <p>What can be found:</p>
      <ul>
        <li>a bill: its number, or the venue and the number, such as 1902 5001</li>
        <li>a card: its number, for support</li>
        <li>a request or redemption: its id, or the first 8 characters of it</li>
        <li>a transaction, ticket, event or dead letter: its whole id</li>
      </ul>`,
    { error: message },
    status,
  )
}

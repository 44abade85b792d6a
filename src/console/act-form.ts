import { randomUUID } from 'node:crypto'
import { plainText } from '../observability/printable.ts'
import { redemptionStates, type RedemptionState } from '../redemptions/redemption.ts'
import type { Visit } from './desk.ts'
import { html, type Html } from './html.ts'

const minWhyLength = 5
const maxWhyLength = 500

type Form = {
  /** Of its fields. */
  name: string
  action: string
  heading: string
  /** What it will do. */
  says: string
  button: string
  /** Of the redemption that is shown. */
  state?: RedemptionState
  more?: Html
}

/** The form of an act: what it will do, why, and the id under which it is done once however often it is sent. */
export function actForm({ name, action, heading, says, button, state, more }: Form): Html {
  return html`<form class="act" method="post" action="${action}" aria-labelledby="${name}-heading">
    <h2 id="${name}-heading">${heading}</h2>
    <p id="${name}-says">${says}</p>
    <input type="hidden" name="act" value="${randomUUID()}" />
    ${state && html`<input type="hidden" name="state" value="${state}" />`} ${more}
    <label for="${name}-why">Why? This is kept in the audit: do not enter a card number.</label>
    <input
      id="${name}-why"
      name="why"
      required
      minlength="${minWhyLength}"
      maxlength="${maxWhyLength}"
      autocomplete="off"
      aria-describedby="${name}-says"
    />
    <button>${button}</button>
  </form>`
}

/** @returns what was sent, or what is missing in it */
export function readAct({
  fields,
}: Visit): { id: string; why: string; state: RedemptionState | undefined } | { problem: string } {
  const id = fields.get('act') ?? ''
  // Of one line, which cannot be taken for two when the audit is printed.
  const why = plainText(fields.get('why') ?? '').trim()
  const given = fields.get('state')
  const state = redemptionStates.find((each) => each === given)
  if (!/^[0-9a-f-]{36}$/.test(id) || (given !== null && !state))
    return { problem: 'The form was not complete. Load the page again.' }
  if (why.length < minWhyLength || why.length > maxWhyLength)
    return { problem: `Say why, in ${minWhyLength} to ${maxWhyLength} characters.` }
  return { id, why, state }
}

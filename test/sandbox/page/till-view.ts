import { demo } from '../../simulators/core/demo-project.ts'
import { html, type Html } from '../../../src/console/html.ts'
import type { TillState } from './till-desk.ts'

/** The operator's screen: the texts are those of the till. */
export function screenView({ screen, bill, isBusy }: TillState): Html {
  const lines = screen.map(({ left, right = '' }) => html`<p><span>${left}</span> <span>${right}</span></p>`)
  return html`<p class="bar"><span>${demo.venueName}</span> <span>bill ${bill}</span></p>
    ${isBusy ? [html`<p>Asking …</p>`] : lines}`
}

/** The till's keys. Each is a form of its own, so that it works without script. */
export function keysView({ card, rewards, taken, canRepeat }: TillState): Html {
  const { cards } = demo
  const choices: [string, string][] = [
    [cards.anna, 'Anna: points and coupons'],
    [cards.ben, 'Ben: nothing yet'],
    [cards.blocked, 'Carl: blocked'],
    [cards.blank, 'never registered'],
    [cards.unknown, 'unknown'],
  ]
  const options = choices.map(
    ([id, what]) => html`<option value="${id}" ${id === card && html`selected`}>${id} ${what}</option>`,
  )
  const prizes = rewards.map(({ id, name }) =>
    key(
      'redeem',
      `redeem-${id}`,
      `Redeem ${name}`,
      html`<input type="hidden" name="reward" value="${id}" />`,
    ),
  )
  const takenKeys = taken.map(({ redemptionId, name }) =>
    key(
      'cancel',
      `cancel-${redemptionId}`,
      `Cancel ${name}`,
      html`<input type="hidden" name="redemption" value="${redemptionId}" />`,
    ),
  )
  return html`
    <form method="post" action="/till/assign">
      <label for="card">Card</label>
      <select id="card" name="card">
        ${options}
      </select>
      <button id="key-assign">Assign card</button>
    </form>
    ${card !== undefined && key('balance', 'balance', 'Balance check')}
    <h3>Redeem prize</h3>
    ${prizes.length > 0 ? prizes : html`<p class="hint">A balance check shows what there is.</p>`}
    ${card !== undefined && pointsForm()}
    <h3>Cancel prize</h3>
    ${takenKeys.length > 0 ? takenKeys : html`<p class="hint">Nothing is redeemed on this bill.</p>`}
    <h3>Bill</h3>
    ${key('close', 'close', 'Pay and close')} ${canRepeat && key('repeat', 'repeat', 'Try again')}
  `
}

function key(name: string, id: string, label: string, more: Html | false = false): Html {
  return html`<form method="post" action="/till/${name}">
    ${more}<button id="key-${id}">${label}</button>
  </form>`
}

function pointsForm(): Html {
  return html`<form method="post" action="/till/points">
    <label for="points">Points</label>
    <input id="points" name="points" type="number" min="1" value="200" required />
    <button id="key-points">Redeem points</button>
  </form>`
}

import type { Card, UserCoupon } from '../../simulators/core/project.ts'
import { html, type Html } from '../../../src/console/html.ts'
import { coreStates, type createSwitches } from './switches.ts'

/** Members as the core knows them at this moment. */
export function membersView(cards: readonly Card[]): Html {
  return html`<table>
    <caption>
      Members, as the core knows them
    </caption>
    <thead>
      <tr>
        <th scope="col">Member</th>
        <th scope="col">Points</th>
        <th scope="col">Coupons</th>
      </tr>
    </thead>
    <tbody>
      ${cards.map(memberRow)}
    </tbody>
  </table>`
}

function memberRow({ id, member, wallet, coupons }: Card): Html {
  const name = member ? `${member.first_name} ${member.last_name}` : 'not registered'
  return html`<tr>
    <th scope="row">${name}${member?.is_blocked && ' (blocked)'} <span class="hint">${id}</span></th>
    <td>${wallet?.points ?? 'none'}</td>
    <td>
      ${
        coupons.length > 0
          ? html`<ul>
              ${coupons.map(couponItem)}
            </ul>`
          : 'none'
      }
    </td>
  </tr>`
}

function couponItem({ status, valid_until: untilS, coupon }: UserCoupon): Html {
  const words = [
    status,
    untilS !== null && untilS * 1000 < Date.now() && 'expired',
    !coupon.is_enabled && 'disabled',
  ]
  return html`<li class="coupon-${status}">${coupon.name}: ${words.filter(Boolean).join(', ')}</li>`
}

/** What can go wrong, and what waits meanwhile. */
export function switchesView(
  { core, kafka, isBusy }: ReturnType<typeof createSwitches>['state'],
  waitingBills: number,
): Html {
  const coreKeys = Object.entries(coreStates).map(([name, { label }]) =>
    toggle('core', name, label, name === core),
  )
  const kafkaKeys =
    kafka === 'none'
      ? html`<p class="hint">
          There is no Kafka, so bills wait in the journal. <code>npm run sandbox -- --kafka</code> starts one.
        </p>`
      : html`${toggle('kafka', 'there', 'Works', kafka === 'there')}
        ${toggle('kafka', 'away', 'Away: the broker is killed', kafka === 'away')}`
  return html`
    <form method="post" action="/switches" aria-labelledby="core-heading">
      <h3 id="core-heading">The core</h3>
      ${coreKeys}
    </form>
    <form method="post" action="/switches" aria-labelledby="kafka-heading">
      <h3 id="kafka-heading">Kafka</h3>
      ${kafkaKeys}
    </form>
    <p role="status">${isBusy ? 'Switching …' : `Bills that wait for Kafka: ${waitingBills}`}</p>
  `
}

function toggle(name: string, value: string, label: string, isOn: boolean): Html {
  return html`<button id="${name}-${value}" name="${name}" value="${value}" aria-pressed="${String(isOn)}">
    ${label}
  </button>`
}

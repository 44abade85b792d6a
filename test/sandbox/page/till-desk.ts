import { demo } from '../../simulators/core/demo-project.ts'
import { createTill, type TillAnswer } from '../../simulators/till.ts'
import type { Operation, TillReply } from '../../simulators/till/messages.ts'
import { screenOf, type Line } from '../../simulators/till/screen.ts'

/** What was redeemed on the bill, and can be cancelled. */
export type Taken = { name: string; redemptionId: string; rewardId?: string; points?: number }

export type TillState = {
  card: string | undefined
  bill: string
  rewards: { id: string; name: string }[]
  taken: Taken[]
  screen: Line[]
  /** A message is on its way: no key does anything. */
  isBusy: boolean
  /** The last message failed, and can be sent again as it was. */
  canRepeat: boolean
}

type Message = { operation: Operation; send: () => Promise<TillAnswer>; onOk: (reply: TillReply) => void }

const firstBill = 5001
const price = 22.1

/**
 * A till with its operator: what the keys do, and what the screen shows. One message at a time.
 * @param url of the adapter, with the base path
 */
export function createTillDesk(url: string, onChange: () => void) {
  const till = createTill({ baseUrl: url, venueId: demo.venueId, apiKey: demo.apiKey })
  let lastReference = 0
  let last: Message | undefined
  const state: TillState = { ...emptyBill(firstBill), isBusy: false }

  const bill = (cardNumber: string) => ({
    cardNumber,
    accountNumber: state.bill,
    terminalId: '7',
    staffId: '42',
    transactionId: `P-${++lastReference}`,
  })

  async function ask(message: Message) {
    last = message
    Object.assign(state, { isBusy: true, canRepeat: false, screen: [{ left: '…' }] })
    onChange()
    try {
      const { reply } = await message.send()
      const isOk = reply.response === 'OK'
      state.screen = screenOf(message.operation, reply)
      state.canRepeat = !isOk && reply.retry === true
      if (isOk) message.onOk(reply)
    } catch {
      // The till's own patience is over, or the connection ended.
      Object.assign(state, { canRepeat: true, screen: [{ left: '! No answer from the loyalty service' }] })
    }
    state.isBusy = false
    onChange()
  }

  function redeem(cardNumber: string, what: { rewardId: string } | { points: number }, name: string) {
    const message = { ...bill(cardNumber), ...what }
    return ask({
      operation: 'debit',
      send: () => till.debit(message),
      onOk: ({ redemptionId = '' }) => {
        if (!state.taken.some((one) => one.redemptionId === redemptionId))
          state.taken.push({ name, redemptionId, ...what })
      },
    })
  }

  const keys = {
    async assign({ card = '' }: Record<string, string>) {
      Object.assign(state, { ...emptyBill(Number(state.bill)), card: card.trim() || undefined })
      state.screen = [{ left: state.card ? `Card ${state.card} assigned` : 'No card' }]
    },
    async balance() {
      const { card } = state
      if (card === undefined) return
      const message = bill(card)
      await ask({
        operation: 'balance',
        send: () => till.balance(message),
        onOk: ({ rewards = [] }) => {
          state.rewards = rewards.map(({ id, name = id }) => ({ id, name }))
        },
      })
    },
    async redeem({ reward }: Record<string, string>) {
      const found = state.rewards.find(({ id }) => id === reward)
      if (state.card !== undefined && found) await redeem(state.card, { rewardId: found.id }, found.name)
    },
    async points({ points }: Record<string, string>) {
      const count = Number(points)
      if (state.card !== undefined && Number.isInteger(count) && count > 0)
        await redeem(state.card, { points: count }, `${count} points`)
    },
    async cancel({ redemption }: Record<string, string>) {
      const found = state.taken.find(({ redemptionId }) => redemptionId === redemption)
      if (state.card === undefined || !found) return
      const message = { ...bill(state.card), redemptionId: found.redemptionId }
      await ask({
        operation: 'credit',
        send: () => till.credit(message),
        onOk: () => {
          state.taken = state.taken.filter((one) => one !== found)
        },
      })
    },
    async close() {
      const { card, taken } = state
      const message = {
        ...(card !== undefined && { cardNumber: card }),
        accountNumber: state.bill,
        ticketId: `B-${state.bill}`,
        closedAt: new Date(),
        currency: 'GBP',
        total: price,
        payments: [{ type: 'Card', amount: price }],
        redemptions: taken.map(({ name: _, ...redemption }) => redemption),
      }
      await ask({
        operation: 'ticket',
        send: () => till.ticket(message),
        onOk: () => {
          const { screen } = state
          Object.assign(state, { ...emptyBill(Number(state.bill) + 1), screen })
        },
      })
    },
    async repeat() {
      if (state.canRepeat && last) await ask(last)
    },
  }

  return {
    state: state as Readonly<TillState>,
    /**
     * Presses a key, and waits until the till has its answer.
     * @param fields of the key's form
     * @returns whether there is such a key
     */
    async press(key: string, fields: Record<string, string>): Promise<boolean> {
      if (!Object.hasOwn(keys, key)) return false
      if (!state.isBusy) await keys[key as keyof typeof keys](fields)
      onChange()
      return true
    },
  }
}

function emptyBill(bill: number) {
  return {
    card: undefined,
    bill: String(bill),
    rewards: [],
    taken: [],
    screen: [{ left: 'Assign a card' }],
    canRepeat: false,
  }
}

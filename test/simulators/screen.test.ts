import { expect } from 'chai'
import fc from 'fast-check'
import type { TillReply } from './till/messages.ts'
import { drawScreen } from './till/screen.ts'

describe("the till's screen", () => {
  it('shows a balance with the rewards that can be taken', () => {
    const reply: TillReply = {
      response: 'OK',
      member: { name: 'Anna K.' },
      program: 'Gold',
      points: 1250,
      rewards: [
        { id: 'uc-1', name: 'Free coffee', type: 'promotion', entityCode: '10000000123' },
        { id: 'uc-2', name: '10 % off', type: 'discount', discountId: '12', cost: 200 },
      ],
    }
    expect(drawScreen('The Crown', 'balance', reply).join('\n')).to.equal(
      `
╭─ The Crown ────────────────────────── balance ─╮
│  Anna K.                                 Gold  │
│  1,250 points                                  │
│                                                │
│  1  Free coffee                                │
│  2  10 % off                       200 points  │
╰────────────────────────────────────────────────╯`.trim(),
    )
  })

  it('shows for a refusal what happened and what to do', () => {
    const reply: TillReply = {
      response: 'Error',
      code: 'NOT_REDEEMED',
      detail: 'The reward was not redeemed.',
      action: 'Wait a moment, then redeem it once more; nothing has been taken from the guest.',
      retry: true,
    }
    const text = drawScreen('The Crown', 'debit', reply).join('\n')
    expect(text).to.match(/! The reward was not redeemed\./)
    expect(text).to.match(/nothing has been/)
    expect(text).to.match(/NOT_REDEEMED +try again/)
  })

  it('keeps its frame whatever text it gets', () => {
    const reply = fc.record(
      {
        response: fc.constantFrom('OK', 'Error', 'What?'),
        detail: fc.lorem({ maxCount: 30 }),
        code: fc.constantFrom('REFUSED', 'CARD_UNKNOWN'),
        points: fc.integer(),
        pointsTaken: fc.integer(),
        member: fc.record({ name: fc.lorem({ maxCount: 20 }) }),
        reward: fc.record({ id: fc.uuid(), name: fc.lorem({ maxCount: 20 }) }),
      },
      { requiredKeys: ['response'] },
    )
    const operation = fc.constantFrom('balance', 'debit', 'credit', 'ticket')
    fc.assert(
      fc.property(reply, operation, (said, asked) => {
        const widths = drawScreen('The Crown', asked, said).map((line) => line.length)
        expect(new Set(widths).size).to.equal(1)
      }),
    )
  })
})

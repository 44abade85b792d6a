import { faultKinds, type FaultOrder } from '../simulators/core/faults.ts'
import type { Exception } from '../simulators/core/refusal.ts'
import type { Chance } from './chance.ts'

const takes = ['redeem', 'debit'] as const
const returns = ['restore', 'credit'] as const
const reads = ['venue', 'card', 'coupons'] as const

/** A core that says no has done nothing, so a refusal never comes after the work. */
export function orderFault(chance: Chance): FaultOrder {
  const kind = chance.pick(faultKinds)
  const operation = chance.pick([...takes, ...takes, ...returns, ...returns, ...reads])
  if (kind === 'refusal')
    return { kind, operation: chance.pick(takes), exception: refusalOf(chance), when: 'before' }
  return {
    kind,
    operation,
    when: chance.pick(['before', 'after']),
    times: chance.int(1, 3),
    ms: kind === 'delay' ? chance.int(100, 4_000) : chance.int(5, 100),
  }
}

function refusalOf(chance: Chance) {
  return chance.pick<Exception>([
    'MemberBlockedException',
    'UserCouponNotActivatedException',
    'InvalidTokenException',
    'AccessDeniedException',
    'RateLimitExceededException',
  ])
}

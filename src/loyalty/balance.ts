import type { Balances } from '../trifft/balances.ts'
import type { Exchange } from '../exchange.ts'
import { Refusal } from '../model/refusal.ts'
import type { Balance, BalanceRequest, Caller } from '../model/words.ts'

/**
 * @returns what the member has and can use now
 * @throws Refusal CARD_UNKNOWN, MEMBER_BLOCKED, or why the core could not be asked
 */
export function createBalance({ balances }: { balances: Balances }) {
  return async function balance(
    request: BalanceRequest,
    caller: Caller,
    exchange: Exchange,
  ): Promise<Balance> {
    const found = await balances.read(caller, request.cardNumber, exchange)
    if (found.member.isBlocked) throw new Refusal('MEMBER_BLOCKED')
    return found
  }
}

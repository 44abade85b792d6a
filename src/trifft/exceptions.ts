import type { Code } from '../model/refusal.ts'

/**
 * The core's refusals by exception name. The names are assumed (`contracts/trifft-core.openapi.yaml`): to correct one, change
 * its line here.
 */
const codesByException = new Map<string, Code>([
  ['CardNotFoundException', 'CARD_UNKNOWN'],
  ['MemberNotFoundException', 'CARD_UNKNOWN'],
  ['MemberBlockedException', 'MEMBER_BLOCKED'],
  ['UserCouponNotFoundException', 'REWARD_UNKNOWN'],
  ['UserCouponAlreadyRedeemedException', 'REWARD_ALREADY_REDEEMED'],
  ['UserCouponExpiredException', 'REWARD_EXPIRED'],
  ['UserCouponNotActivatedException', 'REWARD_NOT_ACTIVE'],
  ['VenueNotAllowedException', 'REWARD_NOT_FOR_VENUE'],
  ['InsufficientPointsException', 'POINTS_NOT_ENOUGH'],
  ['NothingToRestoreException', 'NOTHING_TO_GIVE_BACK'],
])

/** @returns the till's code of a readable refusal (400, 402, 404, 409, 410, 422); `REFUSED` for an unknown name */
export function codeOfException(exception: string): Code {
  return codesByException.get(exception) ?? 'REFUSED'
}

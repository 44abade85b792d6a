import { validate as isUuid } from 'uuid'

/**
 * The format of TRIFFT's ids is not public. An id with blanks, control characters or anything beyond ASCII cannot be
 * one, and could make a database fail instead of finding nothing.
 */
export const rewardIdPattern = /^[\x21-\x7e]{1,128}$/

/** @returns whether this can be the id of a reward; if not, there is no need to ask the core */
export function isPossibleRewardId(rewardId: string): boolean {
  return rewardIdPattern.test(rewardId)
}

/** @returns whether this can be a redemption id of ours; it is sent to the core as a reference and in a header */
export function isPossibleRedemptionId(redemptionId: string): boolean {
  return isUuid(redemptionId)
}

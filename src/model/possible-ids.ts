import { validate as isUuid } from 'uuid'

/**
 * What an id of TRIFFT's looks like is not public. Nobody's has a blank, a control character or anything beyond ASCII,
 * and a database that is asked for such a one may fail instead of not finding it.
 */
export const rewardIdPattern = /^[\x21-\x7e]{1,128}$/

/** @returns whether a till may have this id from a balance; if not, nobody needs to be asked about it */
export function isPossibleRewardId(rewardId: string): boolean {
  return rewardIdPattern.test(rewardId)
}

/** @returns whether this can be a redemption id of ours; it goes to the core as a reference and in a header */
export function isPossibleRedemptionId(redemptionId: string): boolean {
  return isUuid(redemptionId)
}

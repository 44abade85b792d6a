import type { What } from '../model/words.ts'

type Content = { cardHash: string; account: string | undefined; what: What | undefined }

/** Whether two debits take the same reward or points from the same card on the same bill. */
export function isSameContent(a: Content, b: Content): boolean {
  return a.cardHash === b.cardHash && a.account === b.account && isSameWhat(a.what, b.what)
}

export function isSameWhat(a: What | undefined, b: What | undefined): boolean {
  if (a?.kind === 'coupon') return b?.kind === 'coupon' && a.rewardId === b.rewardId
  if (a?.kind === 'points') return b?.kind === 'points' && a.points === b.points
  return b === undefined
}

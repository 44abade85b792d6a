import type { CoreCallFact } from '../exchange.ts'

const asked: Record<string, string> = {
  findVenue: 'whether this venue and key belong together',
  readCard: 'for the card',
  readRewards: 'for its rewards',
  redeemCoupon: 'to redeem the coupon',
  restoreCoupon: 'to give the coupon back',
  takePoints: 'to take the points',
  givePointsBack: 'to give the points back',
}

/** Why a call was not sent, as the log line has it, and what that means. */
const holds: Record<string, string> = {
  no_slot: 'other calls had used up what TRIFFT allows in ten seconds',
  blocked: 'TRIFFT had answered 429 and blocked all calls for a while',
  quiet_after_kill: 'the service had just started after a kill, and sends nothing for ten seconds',
  journal_away: 'the database with the budget of all replicas was away',
}

/** @returns the meaning of a reason that the log line has: which kind of "busy" it was; undefined for any other */
export function meaningOf(reason: string | undefined): string | undefined {
  const [, hold = ''] = /\bnot sent \((\w+)\)/.exec(reason ?? '') ?? []
  if (hold === 'breaker') return 'most calls of this kind had failed, so none was sent for ten seconds'
  return holds[hold]
}

/** @returns one call to TRIFFT as a sentence */
export function tellCall(call: CoreCallFact): string {
  const { operation, eventId } = call
  const id = eventId === undefined ? '' : ` (TRIFFT's event ${eventId})`
  const isNotSent = call.outcome === 'not_done' && call.status === undefined
  return `TRIFFT was ${isNotSent ? 'not asked' : 'asked'} ${asked[operation] ?? operation}: ${tellOutcome(call)}${id}.`
}

function tellOutcome({ operation, outcome, durationMs, status, reason: said }: CoreCallFact): string {
  const after = `after ${seconds(durationMs)}`
  const reason = said?.replace(`${operation}: `, '')
  switch (outcome) {
    case 'done':
      return `done ${after}`
    case 'refused':
      return `refused ${after}${why(reason)}`
    case 'not_done':
      return status === undefined
        ? (meaningOf(reason) ?? reason ?? 'the reason is unknown')
        : `refused ${after}, so nothing was done${why(reason)}`
    case 'unknown':
      return `no answer that can be read ${after}, so it may have been done${why(reason)}`
    default:
      return outcome
  }
}

function why(reason: string | undefined): string {
  return reason === undefined ? '' : `: ${reason}`
}

/** @returns for example 0.2 s, or 12 ms */
export function seconds(ms: number): string {
  return ms < 100 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

import { operations } from './api.ts'
import { faultKinds, type FaultKind, type FaultOrder } from './faults.ts'
import { exceptions, type Exception } from './refusal.ts'

/** For those who type one. */
export const faultUsage = `A fault is [OPERATION:]KIND[-before|-after][,NAME=VALUE]…, such as
  redeem:hang-after                    each redemption is done and never answered
  debit:delay-after,ms=4000,times=1    the next debit of points is done at once and answered 4 s later
  429                                  whatever comes is refused, with Retry-After: 5

  OPERATION  ${operations.join(', ')}; without it whatever comes
  KIND       ${faultKinds.join(', ')}; 429 is a refusal of that kind
  before, after   whether it comes before the core has done what was asked, and keeps it from that, or after
  ms         of delay, and of drip between two bytes
  exception  of refusal, such as MemberBlockedException; retry-after its Retry-After in seconds
  times      how often; without it until the faults are cleared
`

/** Somebody has typed what is no fault: the message lists every problem. */
export class FaultUnclear extends Error {
  override name = 'FaultUnclear'
}

const tooManyRequests = {
  kind: 'refusal',
  exception: 'RateLimitExceededException',
  retryAfterS: 5,
} as const satisfies FaultOrder

/**
 * @param text as `faultUsage` says it
 * @throws FaultUnclear
 */
export function readFault(text: string): FaultOrder {
  const [what = '', ...settings] = text.trim().split(',')
  const [, operation, kind = '', when] = /^(?:([^:]*):)?(.*?)(?:-(before|after))?$/.exec(what) ?? []
  const problems: string[] = []
  const oneOf = <T extends string>(known: readonly T[], word: string, name: string): T | undefined => {
    const found = known.find((one) => one === word)
    if (!found) problems.push(`${name} must be one of ${known.join(', ')}, not "${word}"`)
    return found
  }
  const order: FaultOrder = { kind: 'refusal', times: Infinity }
  if (operation !== undefined) Object.assign(order, { operation: oneOf(operations, operation, 'operation') })
  if (kind === '429') Object.assign(order, tooManyRequests)
  else order.kind = oneOf<FaultKind>(faultKinds, kind, 'kind') ?? 'refusal'
  if (when) Object.assign(order, { when })

  for (const setting of settings) {
    const [name = '', value = ''] = setting.split('=')
    const number = Number(value)
    if (name === 'exception')
      order.exception = oneOf(Object.keys(exceptions) as Exception[], value, name) ?? 'InternalErrorException'
    else if (!(name in numbers)) problems.push(`"${name}" is not ms, times, retry-after or exception`)
    else if (!Number.isInteger(number) || number < 1)
      problems.push(`${name} must be a whole number above 0, not "${value}"`)
    else order[numbers[name as keyof typeof numbers]] = number
  }
  if (problems.length > 0) throw new FaultUnclear(`"${text}" is no fault: ${problems.join('; ')}`)
  return order
}

const numbers = { ms: 'ms', times: 'times', 'retry-after': 'retryAfterS' } as const

/** @returns the order in the words that `readFault` reads */
export function describeFault({
  operation,
  kind,
  when,
  ms,
  exception,
  retryAfterS,
  times,
}: FaultOrder): string {
  const what = (operation ? `${operation}:` : '') + kind + (when ? `-${when}` : '')
  const settings = {
    ms,
    exception,
    'retry-after': retryAfterS,
    times: times === Infinity ? undefined : times,
  }
  return [
    what,
    ...Object.entries(settings).flatMap(([name, value]) => (value ? `${name}=${value}` : [])),
  ].join()
}

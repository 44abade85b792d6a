import { CoreRefusal } from './refusal.ts'

export type RateLimit = {
  requests: number
  windowMs: number
  blockMs: number
  /** Whether the core counts each key by itself or all callers together is not public. */
  scope: 'key' | 'all'
}

/** As documented: 50 requests in 10 seconds, else everything is refused for a minute. */
export const publishedLimit: RateLimit = { requests: 50, windowMs: 10_000, blockMs: 60_000, scope: 'all' }

/** @returns counts a request; its refusal if it is one too many, or within the block */
export function createRateLimiter(nowMs: () => number) {
  const windows = new Map<string, { sentAtMs: number[]; blockedUntilMs: number }>()

  return (limit: RateLimit, key: string): CoreRefusal | undefined => {
    const now = nowMs()
    const scope = limit.scope === 'all' ? '' : key
    const window = windows.get(scope) ?? { sentAtMs: [], blockedUntilMs: 0 }
    windows.set(scope, window)

    if (now >= window.blockedUntilMs) {
      window.sentAtMs = window.sentAtMs.filter((sentAtMs) => now - sentAtMs < limit.windowMs)
      if (window.sentAtMs.push(now) <= limit.requests) return undefined
      window.sentAtMs = []
      window.blockedUntilMs = now + limit.blockMs
    }
    const retryAfterS = Math.ceil((window.blockedUntilMs - now) / 1000)
    return new CoreRefusal('RateLimitExceededException', { retryAfterS })
  }
}

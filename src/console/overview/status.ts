import type { Durability } from '../../journal/shared.ts'

/** How this replica is at the moment. */
export type Status = {
  version: string
  isReady: boolean
  /** Why the journal accepts nothing new, or leaves something undone; undefined if nothing is wrong. */
  trouble: string | undefined
  /** `none`: not configured. */
  kafka: 'connected' | 'not_connected' | 'none'
  /** Whether it publishes the tickets; undefined if it is the only replica. */
  isRelay: boolean | undefined
  durability: Durability | undefined
  /** closed, half_open or open, by operation of the core. */
  breakers: Record<string, string>
  /** Why no call is sent to the core just now; undefined if calls are sent. */
  hold: { reason: string; forMs?: number } | undefined
}

/**
 * How safe a commit of the database is. `memory`: a crash of the server loses it; `disk`: only the loss of
 * its storage does; `unknown`: on disk, and nobody may see whether it is anywhere else; `standby`: on two machines.
 */
export const durabilityLevels = ['memory', 'disk', 'unknown', 'standby'] as const
export type Durability = {
  level: (typeof durabilityLevels)[number]
  /** Continues "commits are". */
  text: string
  /** Why nothing new is accepted. */
  refusal?: string
}

/** Hints, which may be lost. Nothing is thrown. */
export type SharedNotices = {
  /** @param key says of which balance or network; never a card number */
  tell(about: NoticeKind, key: string): void
  /** @param handler gets what other replicas tell; undefined if notices may have been missed */
  listen(about: NoticeKind, handler: (key: string | undefined) => void): void
}

/** `balance`: it may have changed. `guess`: the core has refused a pair that came from a network. */
export type NoticeKind = 'balance' | 'guess'

/** Both throw StorageUnavailable. */
export type SharedLease = {
  /** Takes the lease, or keeps it for so long from now. @returns undefined if another replica has it */
  keep(name: string, forMs: number): Promise<{ term: number } | undefined>
  giveBack(name: string): Promise<void>
}

/** Counts the calls of all replicas, scope by scope. Both throw StorageUnavailable: then nothing may be sent. */
export type SharedBudget = {
  /** @param ended what has ended since the last time, of this scope */
  take(scope: string, wanted: SlotsWanted, ended: SlotEnded[]): Promise<SlotsTaken>
  end(scope: string, ended: SlotEnded[], windowMs: number): Promise<void>
}

export type SlotsWanted = {
  count: 1 | 2
  /** How many may be in use, with these. */
  max: number
  /** How many may be in use at all: those who go first may use more than others. */
  limit: number
  /** How long they count at most, if their end is never told: the call, and the core's window after it. */
  holdMs: number
  /** How long the core counts a call after its end. */
  windowMs: number
}

/** A slot is named by the time until which it counts. One that never left is free at once. */
export type SlotEnded = { slot: number; hasLeft: boolean }

/** `freeInMs`: when the slots wanted could be free, or the core's block is over. */
export type SlotsTaken = { slots: number[] } | { reason: 'no_slot' | 'blocked'; freeInMs: number }

/** What a replica has told of itself; `facts`: as text, for whoever knows what it means. */
export type ReplicaSeen = { name: string; seenAtMs: number; facts: string }

/** Which replicas there are. Both throw StorageUnavailable. */
export type SharedReplicas = {
  tell(name: string, facts: string): Promise<void>
  /** @returns those that have told something in the last minute */
  list(): Promise<ReplicaSeen[]>
}

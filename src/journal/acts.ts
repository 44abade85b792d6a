import { toRecord, type RedemptionRecord } from '../redemptions/record.ts'
import type { OperatorDecision, RedemptionState } from '../redemptions/redemption.ts'
import type { RedemptionEvent } from '../redemptions/transitions.ts'
import type { Access } from './access.ts'
import { addToAudit, findAct, type Act, type ActName, type AuditEntry } from './audit.ts'
import { createDeadLetters } from './dead-letters.ts'
import { createOutbox } from './outbox.ts'
import type { RedemptionRows } from './redemption-rows.ts'
import type { Seal } from './seal.ts'
import { untilWritten } from './until-written.ts'
import type { Work } from './work.ts'

/** What the audit says of a message that was read again, and whose ticket was accepted. */
export const takenAfter = 'its ticket is taken'

/**
 * What became of an act: `done` also if it was done under the same id before; `not_possible`: the redemption is in a state
 * in which it cannot be done; `changed`: it is not as it was seen; `unknown`: there is nothing with this id.
 */
export type Acted = {
  outcome: 'done' | 'not_possible' | 'changed' | 'unknown'
  /** As it is now. */
  redemption: RedemptionRecord | undefined
}

/** @param seenState of the redemption, as the person saw it; undefined: whatever it is now */
type Seen = { seenState: RedemptionState | undefined }

/** What a person decides. Each is one step with its line in the audit. */
export type Acts = {
  /** Tries again to give a stuck redemption back. */
  retry(id: string, act: Act, seen: Seen): Promise<Acted>
  /** Closes a redemption that is stuck or in doubt without asking the core. */
  settle(id: string, as: OperatorDecision['as'], act: Act & { why: string }, seen: Seen): Promise<Acted>
  /** Turns the dead letter of a ticket that Kafka has refused into a waiting ticket again. @returns false if there is none */
  requeueTicket(id: string, act: Act): Promise<boolean>
  /** Deletes a dead letter: `send` if its ticket was accepted meanwhile. @returns false if there is none */
  dropDeadLetter(id: string, name: 'send' | 'drop' | 'erase_card', act: Act): Promise<boolean>
  /** Writes down what changes nothing that is stored, or has done so elsewhere. */
  note(entry: { name: ActName; target: string; after?: string }, act: Act): Promise<void>
}

export function createActs(rows: RedemptionRows, seal: Seal, { write }: Pick<Access, 'write'>): Acts {
  const deadLetters = createDeadLetters(seal)
  const outbox = createOutbox(seal, deadLetters)

  function* change(
    id: string,
    { event, name, act, seen }: { event: RedemptionEvent; name: ActName; act: Act; seen: Seen },
    nowMs: number,
  ): Work<Acted> {
    return yield* untilWritten(function* () {
      const before = (yield* rows.find(id))?.redemption
      if (!before) return { outcome: 'unknown', redemption: undefined }
      const earlier = yield* findAct(act.id)
      if (earlier)
        return { outcome: isSame(earlier, name, id) ? 'done' : 'changed', redemption: toRecord(before) }
      if (seen.seenState !== undefined && seen.seenState !== before.state)
        return { outcome: 'changed', redemption: toRecord(before) }
      const redemption = yield* rows.apply(before, event, nowMs)
      // It has changed since it was read: what was seen is compared again.
      if (!redemption) return undefined
      if (redemption === before) return { outcome: 'not_possible', redemption: toRecord(before) }
      const as = event.kind === 'settled_by_operator' ? `settled as ${event.decision.as}` : redemption.state
      yield* addToAudit(act, { act: name, target: id, before: before.state, after: as }, nowMs)
      return { outcome: 'done', redemption: toRecord(redemption) }
    })
  }

  /** Does something to a dead letter that is there, once. */
  function* withDeadLetter(
    id: string,
    name: ActName,
    act: Act,
    nowMs: number,
    work: (kind: 'message' | 'ticket') => Work<string | undefined>,
  ): Work<boolean> {
    const earlier = yield* findAct(act.id)
    if (earlier) return isSame(earlier, name, id)
    const found = yield* deadLetters.find(id)
    const after = found && (yield* work(found.kind))
    if (!found || after === undefined) {
      // Somebody was faster: perhaps the same form, sent twice.
      const meanwhile = yield* findAct(act.id)
      return meanwhile !== undefined && isSame(meanwhile, name, id)
    }
    const before = `kept: ${found.reason}`
    yield* addToAudit(act, { act: name, target: id, before, after }, nowMs)
    return true
  }

  /** The same act, and not another one that came under its id. */
  function isSame({ act, target }: AuditEntry, name: ActName, id: string): boolean {
    return act === name && target === id
  }

  return {
    retry: (id, act, seen) =>
      write((nowMs) =>
        change(id, { event: { kind: 'retried_by_operator' }, name: 'retry', act, seen }, nowMs),
      ),
    settle(id, as, act, seen) {
      const event = { kind: 'settled_by_operator', decision: { as, by: act.who, why: act.why } } as const
      return write((nowMs) => change(id, { event, name: 'settle', act, seen }, nowMs))
    },
    requeueTicket: (id, act) =>
      write((nowMs) =>
        withDeadLetter(id, 'send', act, nowMs, function* (kind) {
          const isDone = kind === 'ticket' && (yield* outbox.requeue(id, nowMs))
          return isDone ? 'waits for Kafka again' : undefined
        }),
      ),
    dropDeadLetter: (id, name, act) =>
      write((nowMs) =>
        withDeadLetter(id, name, act, nowMs, function* () {
          if (!(yield* deadLetters.drop(id))) return undefined
          return name === 'send' ? takenAfter : 'deleted'
        }),
      ),
    note: ({ name, target, after }, act) =>
      write(function* (nowMs) {
        if (yield* findAct(act.id)) return
        yield* addToAudit(act, { act: name, target, before: undefined, after }, nowMs)
      }),
  }
}

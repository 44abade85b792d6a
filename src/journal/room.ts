import { StorageUnavailable } from '../model/refusal.ts'
import type { Intake } from './access.ts'
import type { TroubleKind, Troubles } from './troubles.ts'

const closedBy: Record<Intake, TroubleKind[]> = {
  redemption: ['lost', 'damaged', 'not_durable', 'full', 'log_too_long'],
  ticket: ['lost', 'damaged', 'not_durable', 'full', 'log_too_long', 'nearly_full'],
  dead_letter: ['lost', 'damaged', 'not_durable', 'full', 'log_too_long', 'nearly_full', 'dead_letters_full'],
}

/** Tickets may use this part of the room; the rest is left to redemptions. */
const ticketShare = 0.9
const deadLetterShare = 0.1
/** Once this part of the room for tickets, or for dead letters, is used, each venue is limited to its share of it. */
const crowdedShare = 0.5
/** The share of one venue, so that one that floods leaves room for the others. */
const venueShare = 0.1
/** A limit that was reached is over only below this part of it, so that it does not flip with each row. */
const openAgainShare = 0.98

/** What a journal of `maxBytes` still takes. New work is refused before it begins; what is under way is always settled. */
export function createRoom(maxBytes: number, troubles: Troubles) {
  return { measured, checkLimit, admit, isCrowded, ticketRefusal, deadLetterRefusal }

  function checkLimit(kind: TroubleKind, what: string, bytes: number, limitBytes: number) {
    const isOpen = troubles.reason(kind) === undefined
    const isOver = bytes >= (isOpen ? limitBytes : limitBytes * openAgainShare)
    troubles.set(kind, isOver ? `${what}: ${toMiB(bytes)} of ${toMiB(limitBytes)} MiB` : undefined)
  }

  function measured({ bytes, deadLetterBytes }: { bytes: number; deadLetterBytes: number }) {
    checkLimit('full', 'the journal is full', bytes, maxBytes)
    checkLimit('nearly_full', 'the journal has no room for tickets', bytes, maxBytes * ticketShare)
    const roomBytes = maxBytes * deadLetterShare
    checkLimit('dead_letters_full', 'there is no room for dead letters', deadLetterBytes, roomBytes)
  }

  /** @throws StorageUnavailable if there is no room for it */
  function admit(intake: Intake) {
    const [reason] = closedBy[intake].flatMap((kind) => troubles.reason(kind) ?? [])
    if (reason !== undefined) throw new StorageUnavailable(reason)
  }

  /** Whether each venue is limited to its share of the room for tickets. @param bytes in use by all that is stored */
  function isCrowded(bytes: number): boolean {
    return bytes >= maxBytes * ticketShare * crowdedShare
  }

  /**
   * @param bytes of the waiting tickets of a venue that sends one more, while the room is crowded
   * @param venues how many there are: one that is alone has all the room
   * @returns why the ticket is refused; undefined if it is not
   */
  function ticketRefusal(bytes: number, venues: number): string | undefined {
    const roomBytes = maxBytes * ticketShare
    if (bytes < roomBytes * Math.max(venueShare, 1 / Math.max(1, venues))) return undefined
    return `the venue has used its share of the room for tickets: ${toMiB(bytes)} of ${toMiB(roomBytes)} MiB`
  }

  /**
   * @param allBytes of all dead letters; `bytes`: of those of a venue whose message would be one more
   * @returns why the message is refused; undefined if it is not
   */
  function deadLetterRefusal(allBytes: number, bytes: number): string | undefined {
    const roomBytes = maxBytes * deadLetterShare
    if (allBytes < roomBytes * crowdedShare || bytes < roomBytes * venueShare) return undefined
    return `the venue has used its share of the room for dead letters: ${toMiB(bytes)} of ${toMiB(roomBytes)} MiB`
  }
}

function toMiB(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1)
}

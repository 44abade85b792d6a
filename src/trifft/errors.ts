import { Refusal, type Code } from '../model/refusal.ts'

/** What came back with the failure, as far as anything did. `eventId` is what TRIFFT's support asks for. */
type Answer = { status?: number; exception?: string; eventId?: string }
type Details = Answer & { message: string; retryAfterSeconds?: number }

/** What all failures of a core call have in common; `meaning` is the class of outcome, also the metric's label. */
export abstract class CoreFailure extends Refusal {
  abstract readonly meaning: 'refused' | 'not_done' | 'unknown'
  readonly status: number | undefined
  readonly exception: string | undefined
  readonly eventId: string | undefined

  constructor(code: Code, details: Details) {
    super(code, { message: details.message, retryAfterSeconds: details.retryAfterSeconds })
    this.status = details.status
    this.exception = details.exception
    this.eventId = details.eventId
  }
}

/** The core said no, readably: final for this call, nothing was done. `not_done` where it did not take the key. */
export class CoreRejected extends CoreFailure {
  override name = 'CoreRejected'
  readonly meaning: 'refused' | 'not_done'
  readonly isDone = false

  constructor(code: Code, meaning: 'refused' | 'not_done', details: Details) {
    super(code, details)
    this.meaning = meaning
  }
}

/** The call never left, or the core is blocking us: nothing was done, safe to repeat. */
export class CoreUnavailable extends CoreFailure {
  override name = 'CoreUnavailable'
  readonly meaning = 'not_done'

  constructor(
    details: Details,
    code: 'CORE_UNAVAILABLE' | 'CORE_BUSY' | 'INTERNAL_ERROR' = 'CORE_UNAVAILABLE',
  ) {
    super(code, details)
  }
}

/** The call left and no readable answer came back: it may be done, and may still be done later. */
export class CoreOutcomeUnknown extends CoreFailure {
  override name = 'CoreOutcomeUnknown'
  readonly meaning = 'unknown'

  constructor(details: Details) {
    super('CORE_UNAVAILABLE', details)
  }
}

/** The request that we made cannot be sent by anybody: a mistake of ours, which says nothing about the core. */
export class CoreRequestInvalid extends CoreUnavailable {
  override name = 'CoreRequestInvalid'

  constructor(details: Details) {
    super(details, 'INTERNAL_ERROR')
  }
}

/** An answer of the core, not what `contracts/trifft-core.openapi.yaml` says, but one that shows that it is there. */
export class CoreProtocolError extends CoreOutcomeUnknown {
  override name = 'CoreProtocolError'
  /** Paths of the fields that are missing or wrong, never their values. */
  readonly fields: string[]

  constructor(fields: string[], details: Details) {
    super(details)
    this.fields = fields
  }
}

/** True where the core could not answer just now, so that an older answer of its may stand in for a new one. */
export function cannotAnswer(error: unknown): boolean {
  return error instanceof CoreUnavailable || error instanceof CoreOutcomeUnknown
}

import { Refusal, type Code } from '../model/refusal.ts'

/** What the core has answered, if it has. TRIFFT's support asks for the `eventId`. */
type Answer = { status?: number; exception?: string; eventId?: string }
type Details = Answer & { message: string; retryAfterSeconds?: number }

/** What all failures of a core call have in common. `meaning` is the outcome, and a label of the metric. */
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

/** The core has refused readably: nothing was done, and a repeat would not help. `not_done`: it has refused the key. */
export class CoreRejected extends CoreFailure {
  override name = 'CoreRejected'
  readonly meaning: 'refused' | 'not_done'

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

/** The call has left, and no readable answer came back: it may be done, now or later. */
export class CoreOutcomeUnknown extends CoreFailure {
  override name = 'CoreOutcomeUnknown'
  readonly meaning = 'unknown'

  constructor(details: Details) {
    super('CORE_UNAVAILABLE', details)
  }
}

/** A request that cannot be sent, because we made it wrong: it says nothing about the core. */
export class CoreRequestInvalid extends CoreUnavailable {
  override name = 'CoreRequestInvalid'

  constructor(details: Details) {
    super(details, 'INTERNAL_ERROR')
  }
}

/** An answer that is not what `contracts/trifft-core.openapi.yaml` says. It shows that the core is there. */
export class CoreProtocolError extends CoreOutcomeUnknown {
  override name = 'CoreProtocolError'
  /** The paths of fields that are missing or wrong, never their values. */
  readonly fields: string[]

  constructor(fields: string[], details: Details) {
    super(details)
    this.fields = fields
  }
}

/** True if the core cannot answer now, so that an older answer may be used instead. */
export function cannotAnswer(error: unknown): boolean {
  return error instanceof CoreUnavailable || error instanceof CoreOutcomeUnknown
}

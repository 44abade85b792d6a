/**
 * Every answer other than OK has one of these codes. New ones may be added, but none renamed. Their texts and HTTP
 * statuses are in `zonal/catalogue.ts`.
 */
export const codes = [
  'CARD_UNKNOWN',
  'MEMBER_BLOCKED',
  'REWARD_UNKNOWN',
  'REWARD_ALREADY_REDEEMED',
  'REWARD_EXPIRED',
  'REWARD_NOT_ACTIVE',
  'REWARD_NOT_FOR_VENUE',
  'POINTS_NOT_ENOUGH',
  'NOTHING_TO_GIVE_BACK',
  'CREDIT_DIFFERS',
  'ALREADY_GIVEN_BACK',
  'DUPLICATE_REFERENCE',
  'NOT_SUPPORTED',
  'REFUSED',
  'MESSAGE_INVALID',
  'MESSAGE_UNREADABLE',
  'CARD_INVALID',
  'CREDENTIALS_MISSING',
  'CREDENTIALS_WRONG',
  'VENUE_UNKNOWN',
  'KEY_NOT_ALLOWED',
  'OPERATION_UNKNOWN',
  'METHOD_NOT_ALLOWED',
  'MESSAGE_TOO_LARGE',
  'MEDIA_TYPE_UNSUPPORTED',
  'CREDENTIALS_LOCKED',
  'TRY_AGAIN_SHORTLY',
  'CORE_UNAVAILABLE',
  'CORE_BUSY',
  'NOT_REDEEMED',
  'NOT_GIVEN_BACK_YET',
  'STORAGE_UNAVAILABLE',
  'STOPPING',
  'INTERNAL_ERROR',
] as const

export type Code = (typeof codes)[number]

export function isCode(text: string): text is Code {
  return (codes as readonly string[]).includes(text)
}

/** An error that the till receives as a code. More specific errors extend it. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly code: Code
  /** Replaces the catalogue's text, to name the field of a bad message. Never contains a value of the message. */
  readonly detail: string | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: Code,
    options: { detail?: string; retryAfterSeconds?: number; cause?: unknown; message?: string } = {},
  ) {
    super(options.message ?? options.detail ?? code, { cause: options.cause })
    this.code = code
    this.detail = options.detail
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

/** The journal cannot be used at the moment: full, locked, read-only, damaged or away. */
export class StorageUnavailable extends Refusal {
  override name = 'StorageUnavailable'
  /** What was to be written may be written all the same, for example if only the answer to a COMMIT was lost. */
  readonly mayBeDone: boolean

  constructor(message: string, { cause, mayBeDone = false }: { cause?: unknown; mayBeDone?: boolean } = {}) {
    super('STORAGE_UNAVAILABLE', { message, cause })
    this.mayBeDone = mayBeDone
  }
}

export function mayBeDone(error: unknown): error is StorageUnavailable {
  return error instanceof StorageUnavailable && error.mayBeDone
}

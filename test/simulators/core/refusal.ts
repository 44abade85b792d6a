import { randomUUID } from 'node:crypto'

/** Every exception that the core is known or assumed to answer: `contracts/trifft-core.openapi.yaml`. */
export const exceptions = {
  ValidationException: [400, 'The request is not valid.'],
  InvalidTokenException: [401, 'The token is not valid.'],
  MemberBlockedException: [402, 'The member is blocked.'],
  UserCouponAlreadyRedeemedException: [402, 'The coupon has been redeemed already.'],
  UserCouponExpiredException: [402, 'The coupon has expired.'],
  UserCouponNotActivatedException: [402, 'The coupon is not activated.'],
  VenueNotAllowedException: [402, 'The coupon cannot be redeemed at this venue.'],
  InsufficientPointsException: [402, 'Not enough points.'],
  AccessDeniedException: [403, 'The token has no write access.'],
  CardNotFoundException: [404, 'The card was not found.'],
  MemberNotFoundException: [404, 'The member was not found.'],
  UserCouponNotFoundException: [404, 'The coupon was not found.'],
  VenueNotFoundException: [404, 'The venue was not found.'],
  RouteNotFoundException: [404, 'No such route.'],
  NothingToRestoreException: [409, 'Nothing was redeemed under this reference.'],
  ReferenceReusedException: [409, 'The reference belongs to another redemption.'],
  IdempotencyKeyReusedException: [422, 'The idempotency key belongs to another request.'],
  RateLimitExceededException: [429, 'Rate limit exceeded.'],
  InternalErrorException: [500, 'Something went wrong.'],
} as const satisfies Record<string, [status: number, message: string]>

export type Exception = keyof typeof exceptions

/** The core refuses. */
export class CoreRefusal extends Error {
  override name = 'CoreRefusal'
  readonly exception: Exception
  readonly retryAfterS: number | undefined

  constructor(exception: Exception, options: { message?: string; retryAfterS?: number } = {}) {
    super(options.message ?? exceptions[exception][1])
    this.exception = exception
    this.retryAfterS = options.retryAfterS
  }
}

export type Answer = { status: number; headers?: Record<string, string>; body: unknown }

/** `nested` is documented with the rate limit, `flat` on the page about errors. */
export type ErrorForm = 'nested' | 'flat'

/** @returns the refusal as the core puts it on the wire */
export function refuse(refusal: CoreRefusal, form: ErrorForm): Answer {
  const { exception, message, retryAfterS } = refusal
  const code = exceptions[exception][0]
  return {
    status: code,
    headers: retryAfterS === undefined ? {} : { 'Retry-After': String(retryAfterS) },
    body:
      form === 'nested'
        ? { status: code, success: false, error: { code, message, exception } }
        : { event_id: randomUUID().replaceAll('-', ''), code, message, exception },
  }
}

import type { Code, Refusal } from '../model/refusal.ts'
import { RequestInvalid, type Spell } from './messages/request-invalid.ts'

/** What the operator is told: `text` on the till, at most 60 characters, and `action`, what to do next. */
type Entry = { text: string; action: string }

export const catalogue = {
  en: {
    CARD_UNKNOWN: { text: 'Card not found', action: 'Scan the card again, or type its number.' },
    MEMBER_BLOCKED: { text: 'Member is blocked', action: 'Ask the guest to contact customer care.' },
    REWARD_UNKNOWN: { text: 'Reward not found', action: 'Check the balance again and pick from the list.' },
    REWARD_ALREADY_REDEEMED: {
      text: 'Reward already redeemed',
      action: 'Check the balance again and pick another reward.',
    },
    REWARD_EXPIRED: {
      text: 'Reward has expired',
      action: 'Check the balance again and pick another reward.',
    },
    REWARD_NOT_ACTIVE: { text: 'Reward is not active', action: 'Ask the guest to activate it in the app.' },
    REWARD_NOT_FOR_VENUE: { text: 'Reward is not valid at this venue', action: 'Pick another reward.' },
    POINTS_NOT_ENOUGH: {
      text: 'Not enough points',
      action: 'Check the balance, then use fewer points or another reward.',
    },
    NOTHING_TO_GIVE_BACK: {
      text: 'Nothing to give back',
      action: 'Check that this is the card and the bill that the reward or points were taken from.',
    },
    CREDIT_DIFFERS: {
      text: 'This is not what was taken',
      action: 'Give back exactly what was taken: the same reward, or the same points.',
    },
    ALREADY_GIVEN_BACK: {
      text: 'Already given back',
      action: 'Nothing to do. To redeem it again, start from the balance.',
    },
    DUPLICATE_REFERENCE: {
      text: 'Reference already used for something else',
      action: 'Start again from the balance. If it happens again, call support.',
    },
    NOT_SUPPORTED: {
      text: 'Guests register in the app, not at the till',
      action: 'Ask the guest to register in the app.',
    },
    REFUSED: {
      text: 'The loyalty service refused this',
      action: 'Check the balance again, or continue without loyalty.',
    },
    MESSAGE_INVALID: {
      text: 'The till sent a message that is not valid',
      action: 'Call support with the request id.',
    },
    MESSAGE_UNREADABLE: {
      text: 'The till sent an unreadable message',
      action: 'Call support with the request id.',
    },
    CARD_INVALID: { text: 'This is not a card number', action: 'Scan the card again, or type its number.' },
    CREDENTIALS_MISSING: {
      text: 'Loyalty is not set up at this site',
      action: 'Call support: user name and password are missing.',
    },
    CREDENTIALS_WRONG: {
      text: 'Loyalty user name or password is wrong',
      action: 'Call support: check venue ID and API key.',
    },
    VENUE_UNKNOWN: {
      text: 'Loyalty does not know this venue',
      action: 'Call support: check the venue ID and its custom parameter in TRIFFT.',
    },
    KEY_NOT_ALLOWED: {
      text: 'The loyalty key is not allowed to do this',
      action: 'Call support: the API key needs write access.',
    },
    OPERATION_UNKNOWN: {
      text: 'The till sent an unknown request',
      action: 'Call support with the request id.',
    },
    METHOD_NOT_ALLOWED: {
      text: 'The till must send this as a POST',
      action: 'Call support with the request id.',
    },
    MESSAGE_TOO_LARGE: {
      text: 'The till sent a message that is too large',
      action: 'Call support with the request id.',
    },
    MEDIA_TYPE_UNSUPPORTED: {
      text: 'The till sent a message in the wrong format',
      action: 'Call support with the request id.',
    },
    CREDENTIALS_LOCKED: {
      text: 'Too many wrong passwords, wait a minute',
      action: 'Wait a minute and try again. If that does not help, call support.',
    },
    TRY_AGAIN_SHORTLY: {
      text: 'Still being processed, try again shortly',
      action: 'Wait a few seconds and try again.',
    },
    CORE_UNAVAILABLE: {
      text: 'Loyalty is not available, nothing was done',
      action: 'Try again. The bill can be closed without it.',
    },
    CORE_BUSY: {
      text: 'Loyalty is busy, nothing was done',
      action: 'Wait a minute and try again. The bill can be closed without it.',
    },
    NOT_REDEEMED: {
      text: 'Not redeemed, nothing is lost, try again shortly',
      action: 'Do not give the reward. Wait a few seconds and try again.',
    },
    NOT_GIVEN_BACK_YET: {
      text: 'Not given back yet, it will happen by itself',
      action: 'Nothing to do. Try again to see whether it is done.',
    },
    STORAGE_UNAVAILABLE: {
      text: 'Loyalty cannot store this now, nothing was done',
      action: 'Try again shortly. Balances still work.',
    },
    STOPPING: {
      text: 'Loyalty is restarting, try again shortly',
      action: 'Wait a few seconds and try again.',
    },
    INTERNAL_ERROR: {
      text: 'Loyalty has a problem, try again',
      action: 'Try again. If it happens again, call support with the request id.',
    },
  },
} satisfies Record<string, Record<Code, Entry>>

export type Language = keyof typeof catalogue

/**
 * `retry`: the same message may succeed later. `status` is the one that HTTP suggests; how the plugin treats statuses is not
 * public, so a dialect may send others.
 */
const outcomes: Record<Code, { status: number; retry: boolean }> = {
  CARD_UNKNOWN: { status: 200, retry: false },
  MEMBER_BLOCKED: { status: 200, retry: false },
  REWARD_UNKNOWN: { status: 200, retry: false },
  REWARD_ALREADY_REDEEMED: { status: 200, retry: false },
  REWARD_EXPIRED: { status: 200, retry: false },
  REWARD_NOT_ACTIVE: { status: 200, retry: false },
  REWARD_NOT_FOR_VENUE: { status: 200, retry: false },
  POINTS_NOT_ENOUGH: { status: 200, retry: false },
  NOTHING_TO_GIVE_BACK: { status: 200, retry: false },
  CREDIT_DIFFERS: { status: 200, retry: false },
  ALREADY_GIVEN_BACK: { status: 200, retry: false },
  DUPLICATE_REFERENCE: { status: 200, retry: false },
  NOT_SUPPORTED: { status: 200, retry: false },
  REFUSED: { status: 200, retry: false },
  MESSAGE_INVALID: { status: 400, retry: false },
  MESSAGE_UNREADABLE: { status: 400, retry: false },
  CARD_INVALID: { status: 400, retry: false },
  CREDENTIALS_MISSING: { status: 401, retry: false },
  CREDENTIALS_WRONG: { status: 401, retry: false },
  VENUE_UNKNOWN: { status: 403, retry: false },
  KEY_NOT_ALLOWED: { status: 403, retry: false },
  OPERATION_UNKNOWN: { status: 404, retry: false },
  METHOD_NOT_ALLOWED: { status: 405, retry: false },
  MESSAGE_TOO_LARGE: { status: 413, retry: false },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, retry: false },
  CREDENTIALS_LOCKED: { status: 429, retry: true },
  TRY_AGAIN_SHORTLY: { status: 503, retry: true },
  CORE_UNAVAILABLE: { status: 503, retry: true },
  CORE_BUSY: { status: 503, retry: true },
  NOT_REDEEMED: { status: 503, retry: true },
  NOT_GIVEN_BACK_YET: { status: 503, retry: true },
  STORAGE_UNAVAILABLE: { status: 503, retry: true },
  STOPPING: { status: 503, retry: true },
  INTERNAL_ERROR: { status: 500, retry: true },
}

/**
 * The cashier message catalogue.
 * @returns what the operator is told, the HTTP status, and whether the same message may succeed later
 */
export function lookUp(code: Code, language: Language): Entry & { status: number; retry: boolean } {
  return { ...catalogue[language][code], ...outcomes[code] }
}

/**
 * @param spell names the fields as the till does
 * @returns the same for one refusal: its own text, if it has one, replaces that of its code
 */
export function explain(refusal: Refusal, language: Language, spell: Spell) {
  return { ...lookUp(refusal.code, language), ...ownText(refusal, spell) }
}

function ownText(refusal: Refusal, spell: Spell): { text: string } | undefined {
  if (refusal instanceof RequestInvalid) {
    const { field, problem } = refusal.spelled(spell)
    return { text: `${field} ${problem}` }
  }
  return refusal.detail === undefined ? undefined : { text: refusal.detail }
}

import { credentialFields, removed, type Remove } from './messages/credential-fields.ts'

/** What is removed from texts in this dialect before they are kept, in recordings and as dead letters. */
export type Redaction = {
  /** The words of its addresses, in lower case: a recording shows no others. */
  pathWords: ReadonlySet<string>
  /** @returns our name of a field as a till spells it, in any message; undefined for an unknown one */
  fieldOf: (spelling: string) => string | undefined
  /**
   * @returns values of a message that must not be seen anywhere in its recording: credentials, card numbers, and what
   *   stands in unknown fields, since it may be one of these
   */
  findSecrets: (message: BodyText) => string[]
  /** @returns undefined for a text that is not in its syntax, which is then reduced to its shape */
  redactBody: (message: BodyText, rules: RedactionRules) => string | undefined
  /**
   * @param body as `writeAnswer` or `writeRefusal` has made it
   * @returns for the recording: JSON, or a text
   */
  redactReply: (body: string, rules: RedactionRules) => unknown
  /** Removes what credential fields hold from a text that is otherwise kept as it is; `createNamedRemover` makes one. */
  removeCredentials: Remove
}

/** A text whose syntax may be any. */
export type BodyText = { mediaType: string; text: string }

/** What a redacted text may show of its values and names. */
export type RedactionRules = {
  /** A stand-in of the same shape for a value. */
  ofText: (text: string) => string
  /** The same for a card number, so that one card has one stand-in however it is written. */
  ofCard: (text: string) => string
  /** For a value that may be seen, such as an amount: it stays, unless it holds a secret or a payment card. */
  keep: (text: string) => string
  /** For the name of a field or element. */
  keepName: (name: string) => string
}

/**
 * @param field under our name; undefined for an unknown one
 * @returns the value of a field of a message, for its recording: credentials are removed, cards, staff and unknown fields
 *   become stand-ins, and any other value is kept
 */
export function redactValue(field: string | undefined, value: string, rules: RedactionRules): string {
  const isKept = field !== undefined && field !== 'staffId' && !isSecretField(field)
  return isKept ? rules.keep(value) : shapeOfValue(field, value, rules)
}

/** @returns the same for a text in which a known field may mean something else, so that none is kept */
export function shapeOfValue(field: string | undefined, value: string, rules: RedactionRules): string {
  if (field === 'cardNumber') return rules.ofCard(value)
  return isSecretField(field) ? removed : rules.ofText(value)
}

/** @returns whether a value must not be seen anywhere in the recording; a short one of an unknown field may be a flag */
export function isSecretValue(field: string | undefined, value: string): boolean {
  return isSecretField(field) || (field === undefined && value.length >= minSecretLength)
}

const minSecretLength = 6

function isSecretField(field: string | undefined): boolean {
  return field !== undefined && (field === 'cardNumber' || credentialFields.includes(field))
}

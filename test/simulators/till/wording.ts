import type { Encoded, Login } from './encode.ts'
import type { Operation, TillMessage, TillReply } from './messages.ts'

/** One way in which tills word their messages: the reverse of a dialect of `src/zonal/dialects/`. */
export type Wording = {
  name: string
  encode: (operation: Operation, message: TillMessage, login: Login) => Encoded
  /** @returns what an answer says, in our words; undefined if it is not in this dialect */
  decode: (body: string) => TillReply | undefined
}

/** What the tests know of a dialect: `test/dialects/NAME/till.ts` exports it as `till`. */
export type TillDialect = {
  /** At least one; what the service must understand. */
  wordings: readonly [Wording, ...Wording[]]
  /** Puts credentials into a recorded body, where `isOpen` says so of what is there. */
  fillCredentials: (message: RecordedBody, login: Login, isOpen: IsOpen) => string
}

export type RecordedBody = { mediaType: string; body: string }
/** @returns whether the user name or key in a recording is to be replaced */
export type IsOpen = (value: string, box: 'venueId' | 'apiKey') => boolean

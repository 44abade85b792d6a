import { maskPaymentCards, plainText } from '../../observability/printable.ts'
import { createSpotter } from '../../model/secret-spotter.ts'
import type { RedactionRules } from '../redaction.ts'
import type { StandIns } from './stand-ins.ts'

/** How one exchange is redacted: what of it may be kept, and what becomes of the rest. */
export type CaptureRules = RedactionRules & {
  /** For a name in an unknown syntax, header or address: it stays only with `CAPTURE_NAMES=keep`. */
  keepUnknownName(name: string): string
  isUnknownNameKept(name: string): boolean
}

const namePattern = /^[A-Za-z_][\w.:[\]-]{0,63}$/
/** A name may hold the number of a version; more digits may identify somebody. */
const maxDigits = 2
/** All of them are looked for in every value, which takes time. */
const maxSecrets = 32
const maxSecretLength = 512
/** No value that may be kept is longer. */
const maxKeptLength = 4096

/**
 * @param secrets texts of the exchange that must not be seen: its key, its card, and what stands in unknown fields
 * @param keepsNames `CAPTURE_NAMES=keep`
 */
export function createRules(standIns: StandIns, secrets: string[], keepsNames: boolean): CaptureRules {
  const wanted = secrets.filter(({ length }) => length >= 4 && length <= maxSecretLength).slice(0, maxSecrets)
  const isSpotted = createSpotter(...new Set(wanted))
  const { ofText } = standIns
  const isKept = (name: string) => isName(name) && !isSpotted(name)
  const isUnknownNameKept = (name: string) => keepsNames && isKept(name)
  return {
    ...standIns,
    keep(text) {
      if (text.length > maxKeptLength || isSpotted(text)) return ofText(text)
      return maskPaymentCards(plainText(text), ofText)
    },
    keepName: (name) => (isKept(name) ? name : ofText(name)),
    keepUnknownName: (name) => (isUnknownNameKept(name) ? name : ofText(name)),
    isUnknownNameKept,
  }
}

function isName(text: string): boolean {
  return namePattern.test(text) && (text.match(/\d/g)?.length ?? 0) <= maxDigits
}

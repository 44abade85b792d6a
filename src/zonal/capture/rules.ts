import { maskPaymentCards, plainText } from '../../observability/printable.ts'
import { createSpotter } from '../../model/secret-spotter.ts'
import type { StandIns } from './stand-ins.ts'

/** How one exchange is redacted: what of it may be kept, and what becomes of the rest. */
export type CaptureRules = StandIns & {
  /** A value that a rule knows, such as an amount: kept, unless it holds a secret of the exchange or a payment card. */
  keep(text: string): string
  /** A name, of a field, header or element, in a syntax that is recognised. */
  keepName(name: string): string
  /** The same in what nobody knows: only on request. */
  keepUnknownName(name: string): string
  isUnknownNameKept(name: string): boolean
}

const namePattern = /^[A-Za-z_][\w.:[\]-]{0,63}$/
/** More than these digits are no number of a version, but somebody's. */
const mostDigits = 2
/** A secret that is looked for in every value: there may be many, but not so many that it takes long. */
const mostSecrets = 32
const longestSecret = 512
/** No value that a rule knows is longer. */
const longestKept = 4096

/**
 * @param secrets texts of the exchange that must not be seen: its key, its card, and what stands in fields that nobody knows
 * @param keepsNames `CAPTURE_NAMES=keep`
 */
export function createRules(standIns: StandIns, secrets: string[], keepsNames: boolean): CaptureRules {
  const wanted = secrets.filter(({ length }) => length >= 4 && length <= longestSecret).slice(0, mostSecrets)
  const spotters = [...new Set(wanted)].map(createSpotter)
  const { ofText } = standIns
  const isSpotted = (text: string) => spotters.some((spotter) => spotter(text))
  const isKept = (name: string) => isName(name) && !isSpotted(name)
  const isUnknownNameKept = (name: string) => keepsNames && isKept(name)
  return {
    ...standIns,
    keep(text) {
      if (text.length > longestKept || isSpotted(text)) return ofText(text)
      return maskPaymentCards(plainText(text), ofText)
    },
    keepName: (name) => (isKept(name) ? name : ofText(name)),
    keepUnknownName: (name) => (isUnknownNameKept(name) ? name : ofText(name)),
    isUnknownNameKept,
  }
}

function isName(text: string): boolean {
  return namePattern.test(text) && (text.match(/\d/g)?.length ?? 0) <= mostDigits
}

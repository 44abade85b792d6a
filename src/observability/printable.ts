/** Characters that are not shown but change what is: controls, bidirectional marks, zero width, line separators. */
const invisible = String.raw`[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]`
const invisibleButBreaks = new RegExp(String.raw`(?![\n\t])${invisible}`, 'gu')
const anyInvisible = new RegExp(invisible, 'gu')

/** For text from outside, which must not steer a terminal: escapes invisible characters, except line breaks and tabs. */
export function printable(text: string): string {
  return text.replace(invisibleButBreaks, escaped)
}

/** The same for JSON, escaped as in JSON, so that its content stays the same. */
export function printableJson(json: string): string {
  return json.replace(invisibleButBreaks, (character) =>
    [...Array(character.length).keys()]
      .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}

/** @returns well-formed text without invisible characters: a blank for a control character, nothing for one without width */
export function plainText(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text
  return text.toWellFormed().replace(anyInvisible, (character) => (/\p{Cf}/u.test(character) ? '' : ' '))
}

function escaped(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`
}

/** In one piece, or in groups as on a card. Each attempt looks at no more than 23 characters. */
const cardDigits = /(?<!\d)(?:\d{13,19}|\d{4}(?:[ -]\d{4}){2}[ -]\d{1,7}|\d{4}[ -]\d{6}[ -]\d{5})(?!\d)/g

/** Masks what looks like a payment card (13 to 19 digits with a valid check digit) except for its last four digits. */
export function maskPaymentCards(text: string, mask = (digits: string) => `*${digits.slice(-4)}`): string {
  return text.replace(cardDigits, (digits) => (hasCheckDigit(digits) ? mask(digits) : digits))
}

/** Luhn: https://www.iso.org/standard/70484.html, annex B */
function hasCheckDigit(text: string): boolean {
  const digits = text.replace(/[ -]/g, '')
  if (/^0+$/.test(digits)) return false
  let sum = 0
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index])
    const weighed = index % 2 === 0 ? digit : digit * 2
    sum += weighed > 9 ? weighed - 9 : weighed
  }
  return sum % 10 === 0
}

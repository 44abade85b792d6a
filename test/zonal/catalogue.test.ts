import { expect } from 'chai'
import { codes } from '../../src/model/refusal.ts'
import { catalogue, lookUp, type Language } from '../../src/zonal/catalogue.ts'

const languages = Object.keys(catalogue) as Language[]
const entries = languages.flatMap((language) =>
  codes.map((code) => ({ language, code, ...lookUp(code, language) })),
)

describe('the cashier message catalogue', () => {
  it('has every code in every language, and no other', () => {
    for (const language of languages) expect(Object.keys(catalogue[language])).to.have.members([...codes])
  })

  it('has texts of at most 60 characters, and an action for each', () => {
    for (const { text, action, code } of entries) {
      expect(text, code).to.have.length.within(1, 60)
      expect(action, code).not.to.equal('')
    }
  })

  it('asks for a retry exactly if a repeat may succeed', () => {
    expect(entries.filter(({ retry }) => retry).map(({ code }) => code)).to.have.members([
      'CREDENTIALS_LOCKED',
      'TRY_AGAIN_SHORTLY',
      'CORE_UNAVAILABLE',
      'CORE_BUSY',
      'NOT_REDEEMED',
      'NOT_GIVEN_BACK_YET',
      'STORAGE_UNAVAILABLE',
      'STOPPING',
      'INTERNAL_ERROR',
    ])
  })

  it('keeps to the statuses that are promised', () => {
    for (const [code, status] of [
      ['CARD_UNKNOWN', 200],
      ['REFUSED', 200],
      ['MESSAGE_INVALID', 400],
      ['CREDENTIALS_WRONG', 401],
      ['VENUE_UNKNOWN', 403],
      ['OPERATION_UNKNOWN', 404],
      ['METHOD_NOT_ALLOWED', 405],
      ['MESSAGE_TOO_LARGE', 413],
      ['MEDIA_TYPE_UNSUPPORTED', 415],
      ['CREDENTIALS_LOCKED', 429],
      ['INTERNAL_ERROR', 500],
      ['NOT_REDEEMED', 503],
    ] as const)
      expect(lookUp(code, 'en').status, code).to.equal(status)
  })
})

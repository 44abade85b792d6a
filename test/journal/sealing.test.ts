import { JournalKeyMissing } from '../../src/journal/journal.ts'
import { expect } from 'chai'
import fc from 'fast-check'
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createSeal } from '../../src/journal/seal.ts'
import { journalKeys, openTestJournal, unreadMessage, type TestJournal } from '../support/test-journal.ts'
import { confirmed, dueUndo, sendNext, settleDebit, settleUndo } from '../support/redemption.ts'

describe('a seal', () => {
  const [oldKey, newKey] = journalKeys as [string, string]

  it('opens what it closed, in its own row only', () => {
    const seal = createSeal([oldKey])
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.jsonValue(), (row, otherRow, content) => {
        fc.pre(row !== otherRow)
        const sealed = seal.close(row, content)
        expect(seal.open(row, sealed)).to.deep.equal(JSON.parse(JSON.stringify(content)))
        expect(seal.open(otherRow, sealed)).to.equal(undefined)
      }),
    )
  })

  it('does not open a box with any byte changed', () => {
    const seal = createSeal([oldKey])
    const sealed = seal.close('row', 'content')
    for (let index = 0; index < sealed.box.length; index++) {
      const box = Uint8Array.from(sealed.box)
      box[index] = box[index]! ^ 1
      expect(seal.open('row', { ...sealed, box })).to.equal(undefined)
    }
  })

  // AES-GCM is broken if an initial vector is used twice under one key.
  it('never uses an initial vector twice', () => {
    const seal = createSeal([oldKey])
    const vectors = Array.from({ length: 2_000 }, () =>
      Buffer.from(seal.close('row', 'content').box.subarray(0, 12)).toString('hex'),
    )
    expect(new Set(vectors).size).to.equal(2_000)
  })

  it('seals with the first key and opens with all', () => {
    const before = createSeal([oldKey]).close('row', 'old')
    const rotated = createSeal([newKey, oldKey])
    expect(rotated.open('row', before)).to.equal('old')
    expect(createSeal([newKey]).open('row', rotated.close('row', 'new'))).to.equal('new')
  })
})

describe('the sealed columns of the journal', () => {
  const cardNumber = 'CANARYCARD0001'
  const apiKey = 'canary-api-key'
  const [oldKey, newKey] = journalKeys as [string, string]
  let test: TestJournal
  beforeEach(async () => (test = await openTestJournal()))
  afterEach(() => test.end())

  const debit = {
    venue: 'v',
    venueId: '1902',
    tenant: 'tenant-of-project',
    cardHash: 'hash',
    cardMasked: '*0001',
    secret: { cardNumber, apiKey },
    key: 'T-1',
    hasTransactionId: true,
    account: 'A-1',
    what: { kind: 'coupon', rewardId: 'uc-1' },
  } as const
  const filesOfJournal = () => {
    const folder = dirname(test.path)
    return readdirSync(folder).map((name) => ({ name, bytes: readFileSync(join(folder, name)) }))
  }

  it('never write a card number or an API key in clear text to any file', async () => {
    await test.journal.beginDebit(debit, sendNext)
    await test.journal.keepDeadLetter(unreadMessage(cardNumber))
    const files = filesOfJournal()
    expect(files.filter(({ bytes }) => bytes.includes('hash'))).not.to.have.length(0)
    for (const secret of [cardNumber, apiKey])
      expect(files.filter(({ bytes }) => bytes.includes(secret)).map(({ name }) => name)).to.deep.equal([])
  })

  it('prevent a start whose keys do not open them, and say how many', async () => {
    await test.journal.beginDebit(debit, sendNext)
    try {
      await test.reopen([newKey])
      expect.fail('was opened')
    } catch (error) {
      expect(error).to.be.instanceOf(JournalKeyMissing)
      expect((error as Error).message).to.match(/1 in redemptions/)
    }
    await test.reopen([newKey, oldKey])
  })

  it('are erased when a row is final, so that its key may be dropped', async () => {
    const begun = await test.journal.beginDebit(debit, sendNext)
    if (begun.do !== 'send') return expect.fail()
    await settleDebit(test.journal, begun.redemption.id, confirmed())
    await test.journal.markAnswered(begun.redemption.id)
    await test.reopen([newKey])
  })

  it('keep a coupon id that contains the card number for as long as the row', async () => {
    const what = { kind: 'coupon', rewardId: `uc-${cardNumber}`, standIn: 'id-1' } as const
    const begun = await test.journal.beginDebit({ ...debit, what }, sendNext)
    if (begun.do !== 'send') return expect.fail()
    await settleDebit(test.journal, begun.redemption.id, confirmed())
    await test.journal.markAnswered(begun.redemption.id)
    await test.reopen([newKey]).then(
      () => expect.fail('was opened'),
      (error: Error) => expect(error).to.be.instanceOf(JournalKeyMissing),
    )
    await test.reopen([newKey, oldKey])
    const credit = {
      ...debit,
      creditKey: undefined,
      redemptionId: begun.redemption.id,
      debitKey: undefined,
      what: undefined,
    }
    const begunCredit = await test.journal.beginCredit(credit, ({ debits: [row] }) => ({
      do: 'send',
      redemption: row!,
    }))
    expect(begunCredit).to.have.nested.property('redemption.what').that.deep.equals(what)
  })

  // The journal opens as long as no key id is left, so a box that was not erased would go unnoticed.
  for (const kind of ['refused', 'not_done', 'given back'] as const)
    it(`are empty in a row that is ${kind}`, async () => {
      const begun = await test.journal.beginDebit(debit, sendNext)
      if (begun.do !== 'send') return expect.fail()
      const { id } = begun.redemption
      const isUndone = kind === 'given back'
      await settleDebit(test.journal, id, isUndone ? { kind: 'unknown' } : { kind, code: 'REFUSED' })
      if (isUndone) {
        test.clock.pass(60_000)
        await test.journal.beginUndo(dueUndo(id))
        await settleUndo(test.journal, id, { kind: 'given_back', moved: {} })
      }
      expect(await test.sql('SELECT sealed, seal_key FROM redemptions')).to.deep.equal([
        { sealed: null, seal_key: null },
      ])
    })
})

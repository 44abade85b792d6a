import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { registeredDialects } from '../../../src/zonal/dialects/registered.ts'
import { readKeptTicket } from '../../../src/zonal/kept-ticket.ts'
import { canary, placementsIn } from '../../service/canary-placements.ts'
import { startCanaryService } from '../../service/canary-service.ts'
import { demo, openCounter, type Counter } from '../../service/counter.ts'
import { basic } from '../../simulators/till/encode.ts'
import { readJournal } from '../../support/read-journal.ts'
import { useRealSockets } from '../../support/real-sockets.ts'
import { recordingsIn } from '../../support/recordings-in.ts'
import { checkout } from '../checkout.ts'
import { createFuzz } from '../fuzz.ts'
import { numberOf, xml } from './dialect.ts'
import { till } from './till.ts'

const dialects = [xml, ...registeredDialects]
const login = basic({ venueId: demo.venueId, apiKey: demo.apiKey })
const [wording] = till.wordings
const { anna } = demo.cards

// No file of src/ knows this dialect: giving it to createService is enough.
describe('a second dialect', () => {
  useRealSockets()
  let counter: Counter
  let captureDir: string
  beforeEach(async () => {
    captureDir = mkdtempSync(join(tmpdir(), 'captures-'))
    counter = await openCounter({ CAPTURE_DIR: captureDir }, { dialects })
  })
  afterEach(async () => {
    await counter.close()
    rmSync(captureDir, { recursive: true })
  })

  const post = async (body: string, type = 'text/xml', path = '') => {
    const headers = { 'content-type': type, authorization: login }
    const { status, text, headers: answered } = await counter.till.raw({ path, headers, body })
    return { status, text, reply: wording.decode(text), type: answered['content-type'] }
  }
  const lastLine = () => counter.service.lines().findLast(({ msg }) => msg === 'request')

  for (const each of till.wordings)
    it(`serves a whole checkout: ${each.name}`, async () => {
      await checkout(counter.openTill({ wording: each }), counter)
      expect(lastLine()).to.include({ dialect: 'xml', message: 'ticket', code: 'OK' })
    })

  it('works beside the first', async () => {
    await counter.openTill({ wording }).balance({ cardNumber: anna })
    expect((await counter.till.balance({ cardNumber: anna })).reply.points).to.equal(1250)
    expect(lastLine()).to.include({ dialect: 'json' })
  })

  it("sends every refusal in its own format, with 200 and the till's reference", async () => {
    const unknown = await post('<Balance ref="7"><Card>CROWN9999</Card></Balance>')
    expect(unknown).to.deep.include({ status: 200, type: 'application/xml; charset=utf-8' })
    expect(unknown.text).to.match(
      new RegExp(`^<Reply ref="7" id="[0-9a-f-]{36}" result="${numberOf('CARD_UNKNOWN')}" retry="0"><Text>`),
    )
    for (const [body, code] of [
      ['<Register ref="7"/>', 'NOT_SUPPORTED'],
      ['<Refund ref="7"/>', 'OPERATION_UNKNOWN'],
      ['<Balance ref="7"><Card>12</Card></Balance>', 'CARD_INVALID'],
      ['<Balance ref="7"><Card>CROWN1001</Card><Card>CROWN1002</Card></Balance>', 'MESSAGE_INVALID'],
    ] as const) {
      const { text, reply } = await post(body)
      expect(text).to.match(/^<Reply ref="7" /)
      expect(reply).to.include({ code, retry: false })
    }
    counter.core.faults.next({ kind: 'reset' })
    expect((await post('<Balance ref="7"><Card>CROWN1002</Card></Balance>')).reply).to.include({
      retry: true,
    })
  })

  it('uses the field names of its tills, also in reasons', async () => {
    const detailOf = async (body: string) => (await post(body)).reply?.detail
    expect(await detailOf('<Debit><Card>CROWN1001</Card></Debit>')).to.equal('Account is missing')
    expect(await detailOf('<Debit><Card>CROWN1001</Card><Account>A-1</Account></Debit>')).to.equal(
      'Reward is missing, and Points too: one of them must be given',
    )
    expect(lastLine()).to.include({ field: 'Reward' })
    expect(
      await detailOf(`<Ticket><Lines><Line><Name>${demo.apiKey}</Name></Line></Lines></Ticket>`),
    ).to.equal('Lines.Name must not hold the API key')
  })

  it('has the header that says that a debit is a repeat', async () => {
    const debit = `<Debit><Card>${anna}</Card><Account>A</Account><Transaction>T</Transaction><Points>5</Points></Debit>`
    const answers = []
    for (let times = 0; times < 2; times++) {
      const headers = { 'content-type': 'text/xml', authorization: login }
      answers.push((await counter.till.raw({ headers, body: debit })).headers['x-idempotent-replayed'])
    }
    expect(answers).to.deep.equal([undefined, 'true'])
  })

  it('takes amounts in pence, and says so if one is not a whole number', async () => {
    const ticket = (total: string) =>
      `<Ticket><Id>B-1</Id><Closed>2026-11-23T12:00:00Z</Closed><Total>${total}</Total><Currency>GBP</Currency><Lines><Line><Price>1250</Price></Line></Lines></Ticket>`
    expect((await post(ticket('12.50'))).reply?.detail).to.equal(
      'Total must be an amount in minor units, such as 550',
    )
    expect((await post(ticket('1250'))).reply).to.include({ accepted: true })
    const [waiting] = await readJournal(counter.service, (journal) => journal.waitingTickets(1))
    expect(waiting?.closed.ticket).to.deep.include({ totalMinor: 1250, items: [{ unitPriceMinor: 1250 }] })
  })

  it('has its unreadable tickets kept, and read once they are complete', async () => {
    const broken =
      '<Ticket><Key>another-key</Key><Id>B-1</Id><Closed>2026-11-23T12:00:00Z</Closed><Total>5</Total>'
    expect((await post(broken)).reply).to.include({ code: 'MESSAGE_UNREADABLE' })
    expect(lastLine()).to.include({ isKept: true, dialect: 'xml' })
    const [letter] = await readJournal(counter.service, (journal) => journal.deadLetters())
    const opened = await readJournal(counter.service, (journal) => journal.lookUps.openDeadLetter(letter!.id))
    const message = opened?.kind === 'message' ? opened.message : expect.fail('is no message')
    expect(message).to.include({ dialect: 'xml', path: '', contentType: 'text/xml' })
    const kept = Buffer.from(message.base64, 'base64').toString()
    expect(kept).to.equal(broken.replace('another-key', '(removed)'))

    const settings = {
      cardPrefixes: [],
      timeZone: 'Europe/London',
      venueTimeZones: new Map(),
      withoutCard: 'publish',
    } as const
    const mended = { ...message, base64: Buffer.from(`${kept}</Ticket>`).toString('base64') }
    expect(await readKeptTicket(mended, settings, dialects)).to.include({ ticketId: 'B-1', totalMinor: 5 })
    // As a version without this dialect would have kept it.
    const former = { ...mended, dialect: undefined, path: undefined }
    expect(await readKeptTicket(former, settings, dialects)).to.include({ ticketId: 'B-1' })
  })

  it('is captured in its own syntax', async () => {
    await post(
      `<Balance ref="7"><Key>another-key</Key><Card>${anna}</Card><Site>12</Site><Guest>Anna</Guest></Balance>`,
    )
    const recording = JSON.parse((await recordingsIn(captureDir, 1))[0]!)
    expect(recording.dialect).to.equal('xml')
    expect(recording.request.body).to.match(
      /^<Balance ref="7"><Key>\(removed\)<\/Key><Card>[A-Z]{5}\d{4}<\/Card><Site>12<\/Site><Guest>[A-Z][a-z]{3}<\/Guest><\/Balance>$/,
    )
    expect(recording.reply.body).to.match(/^<Reply ref="7" .*<Member>\(removed\)<\/Member>.*<Points>1250</)
  })

  it('leaves what no dialect recognises to the last dialect in the list', async () => {
    const { status, text } = await post('a,b', 'text/csv')
    expect(status).to.equal(415)
    expect(JSON.parse(text)).to.include({ code: 'MEDIA_TYPE_UNSUPPORTED' })
    expect((await fetch(`${counter.service.url}/a/b`, { method: 'POST' })).status).to.equal(404)
  })

  it('may have its own addresses', async () => {
    expect(
      (await post('<Balance><Card>CROWN1001</Card></Balance>', 'text/xml', '/Loyalty/v2/')).reply,
    ).to.include({
      points: 1250,
    })
  })

  it('and the first answer whatever is sent', async function () {
    this.timeout(60_000)
    await (await createFuzz(dialects)).throwAll(counter, 500)
    expect(counter.service.lines().filter(({ level }) => level === 'error')).to.deep.equal([])
  })
})

describe('the card number, the API key and the member name, in a second dialect,', () => {
  useRealSockets()

  for (const placement of placementsIn('text/xml', {
    'the card': (secret) => `<Balance><Card>${secret}</Card><Account>${secret}</Account></Balance>`,
    'an id of a debit': (secret) =>
      `<Debit><Card>${canary.card}</Card><Account>${secret}</Account><Points>5</Points><Transaction>${secret}</Transaction></Debit>`,
    'an unknown element': (secret) => `<Balance><Guest>${secret}</Guest><Site>${secret}</Site></Balance>`,
    'an attribute': (secret) => `<Balance note="${secret}"><Site>${secret}</Site></Balance>`,
    'the reference': (secret) => `<Balance ref="${secret}"><Card>${canary.card}</Card></Balance>`,
    'the name of an element': (secret) => `<Balance><${secret}/></Balance>`,
    'the operation': (secret) => `<${secret}/>`,
    'a broken ticket': (secret) => `<Ticket><Id>${secret}</Id><Card>${canary.card}</Card>`,
  }))
    it(`are found nowhere after they were put into ${placement.where}`, async () => {
      const canaries = await startCanaryService(dialects)
      try {
        const find = await canaries.send([placement])
        expect(find(placement)).to.deep.equal([])
      } finally {
        await canaries.end()
      }
    })
})

import { existsSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { findConditions, type ConditionFacts } from '../../../src/console/overview/conditions.ts'
import type { Status } from '../../../src/console/overview/status.ts'
import { createWatch } from '../../../src/console/overview/watch.ts'
import type { JournalCounts } from '../../../src/journal/stats.ts'
import { createManualClock } from '../../support/manual-clock.ts'

const nowMs = Date.UTC(2026, 10, 23, 21)
const minutesAgo = (minutes: number) => nowMs - minutes * 60_000

const well: Status = {
  ...{ version: '1', isReady: true, trouble: undefined, kafka: 'connected', isRelay: undefined },
  ...{ durability: undefined, breakers: { readCard: 'closed' }, hold: undefined },
}
const none = {
  ...{ open: { inDoubt: 0, stuck: 0 }, oldestInDoubtAtMs: undefined },
  ...{ oldestTicketAtMs: undefined, ticketsWaiting: 0, deadLetters: 0 },
} as unknown as JournalCounts

type Given = Partial<Omit<ConditionFacts, 'status' | 'counts'>> & {
  status?: Partial<Status>
  counts?: object
}
const find = ({ status, counts, ...more }: Given) =>
  findConditions(
    {
      ...{ recent: undefined, silent: [], hasRelay: true, ...more },
      status: { ...well, ...status },
      counts: { ...none, ...counts },
    },
    nowMs,
  )
const silent = (venueId: string) => ({ venueId, lastHeardAtMs: minutesAgo(200), spokenOnDays: 5 })
const recent = (failed: number, hungUp: number, ok: number) => ({ ok, refused: 0, failed, hungUp })

describe('what the overview says that is wrong', () => {
  it('is nothing if all is well, or too few have asked to say', () => {
    expect(find({})).to.deep.equal([])
    expect(find({ recent: recent(20, 0, 0) })).to.deep.equal([])
    expect(find({ recent: recent(25, 5, 70) })).to.deep.equal([])
    expect(
      find({ counts: { oldestInDoubtAtMs: minutesAgo(10), oldestTicketAtMs: minutesAgo(30) } }),
    ).to.deep.equal([])
    expect(find({ hasRelay: false })).to.deep.equal([])
  })

  const durability = (level: string) => ({ level, text: 'in memory alone' }) as Status['durability']
  const wrong: [alert: string, given: Given, text: string][] = [
    ['ZonalJournalTrouble', { status: { trouble: 'the disk is full' } }, 'The journal is in trouble: the disk is full.'],
    ['ZonalDatabaseNotDurable', { status: { durability: durability('memory') } }, 'Commits of the database are in memory alone.'],
    ['ZonalTillsPutOff', { recent: recent(26, 0, 74) }, '26 % of what tills asked in the last half hour was answered with "try again".'],
    ['ZonalTillsHangUp', { recent: recent(0, 6, 94) }, 'For 6 % of the messages of the last half hour, the till hung up before its answer was sent.'],
    ['ZonalTillsSilent', { silent: [silent('1902')] }, 'Venues that usually send something at this time of the day are silent: 1902.'],
    ['ZonalTillsSilent', { silent: [1, 2, 3, 4, 5, 6, 7].map((at) => silent(`${at}`)) }, 'Venues that usually send something at this time of the day are silent: 1, 2, 3, 4, 5 and 2 more.'],
    ['ZonalRedemptionsStuck', { counts: { open: { inDoubt: 0, stuck: 1 } } }, '1 redemption is stuck: an operator has to decide.'],
    ['ZonalRedemptionsStuck', { counts: { open: { inDoubt: 0, stuck: 2 } } }, '2 redemptions are stuck: an operator has to decide.'],
    ['ZonalRedemptionsInDoubt', { counts: { oldestInDoubtAtMs: minutesAgo(10) - 1 } }, 'A redemption has been in doubt for more than ten minutes; its reward is held until that is settled.'],
    ['ZonalTicketsNotPublished', { counts: { oldestTicketAtMs: minutesAgo(31), ticketsWaiting: 3 } }, '3 tickets wait to be published to Kafka.'],
    ['ZonalKafkaUnreachable', { status: { kafka: 'not_connected' } }, 'Kafka cannot be reached: tickets wait in the journal.'],
    ['ZonalRelayMissing', { hasRelay: false, counts: { ticketsWaiting: 1 } }, 'Tickets wait, and no replica sends them.'],
    ['ZonalDeadLettersGrow', { counts: { deadLetters: 2 } }, '2 tickets are dead letters: they could not be read, or Kafka refused them.'],
    ['ZonalCoreBlocked', { status: { hold: { reason: 'blocked', forMs: 4_200 } } }, 'TRIFFT has answered 429: nothing is sent to it for 4.2 s more.'],
    ['ZonalCoreBudgetShort', { status: { hold: { reason: 'no_slot' } } }, 'No call is sent to TRIFFT: other calls had used up what TRIFFT allows in ten seconds.'],
    ['ZonalCoreBreakerOpen', { status: { breakers: { readCard: 'open', takePoints: 'half_open' } } }, 'Most calls to TRIFFT fail, so these are stopped: readCard.'],
  ] // prettier-ignore
  for (const [alert, given, text] of wrong)
    it(`is ${alert}: ${text}`, () => {
      expect(find(given).map((each) => [each.alert, each.text])).to.deep.equal([[alert, text]])
    })

  it('has an alert and a runbook of its name each', () => {
    const rules = readFileSync(new URL('../../../helm/alerts/adapter.rules.yaml', import.meta.url), 'utf8')
    for (const [alert] of wrong) {
      expect(rules).to.include(`alert: ${alert}\n`)
      expect(existsSync(new URL(`../../../helm/runbooks/${alert}.md`, import.meta.url)), alert).to.equal(true)
    }
  })

  it('says nothing of the journal if that cannot be read', () => {
    const facts = { status: well, counts: undefined, recent: undefined, silent: [], hasRelay: false }
    expect(findConditions(facts, nowMs)).to.deep.equal([])
  })
})

describe('since when something is wrong', () => {
  it('is when it was seen first, and anew after it was well; or earlier, if that is known', async () => {
    const clock = createManualClock(nowMs)
    let found: { alert: string; text: string; sinceMs: number | undefined }[] = []
    const watch = createWatch({ look: () => Promise.resolve(found), clock, timers: clock })
    const since = async () =>
      (await watch.current()).map(({ alert, sinceMs, isExact }) => [alert, sinceMs - nowMs, isExact])
    const [away, stuck] = ['ZonalKafkaUnreachable', 'ZonalRedemptionsStuck']
    found = [{ alert: stuck!, text: '', sinceMs: undefined }]
    expect(await since()).to.deep.equal([[stuck, 0, false]])
    clock.advance(5_000)
    found.push({ alert: away!, text: '', sinceMs: minutesAgo(1) })
    expect(await since()).to.deep.equal([[stuck, 0, false], [away, -60_000, true]]) // prettier-ignore
    clock.advance(5_000)
    // A ticket that has come since does not make it younger.
    found = [{ alert: away!, text: '', sinceMs: nowMs + 9_000 }]
    expect(await since()).to.deep.equal([[away, 5_000, false]])
    found = [{ alert: stuck!, text: '', sinceMs: undefined }]
    expect(await since()).to.deep.equal([[stuck, 10_000, false]])
  })
})

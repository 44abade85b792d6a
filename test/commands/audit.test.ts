import { expect } from 'chai'
import type { AuditEntry } from '../../src/journal/audit.ts'
import { getStuck } from '../support/stuck-redemption.ts'
import { testAct } from '../support/test-act.ts'
import { openTestJournal, unreadMessage, type TestJournal } from '../support/test-journal.ts'
import { runCommand } from './run-here.ts'

const bill = '{"ticketId":"B-1","closedAt":"2026-11-23T12:00:00Z","total":"12.30","cardNumber":"CARD0001"}'

describe('the command audit', function () {
  // The first starts a process.
  this.timeout(60_000)
  let test: TestJournal
  beforeEach(async () => (test = await openTestJournal()))
  afterEach(() => test.end())

  const run = (name: Parameters<typeof runCommand>[0], ...words: string[]) =>
    runCommand(name, words, { JOURNAL_PATH: test.path })
  const listed = async (...words: string[]) =>
    JSON.parse((await run('audit', '--json', ...words)).stdout) as AuditEntry[]
  const keep = async (text: string) => {
    await test.journal.keepDeadLetter(unreadMessage(text))
    return (await test.journal.deadLetters())[0]!.id
  }

  it('says that there is nothing', async () => {
    expect(await run('audit')).to.deep.equal({
      code: 0,
      stdout: 'there is nothing in the audit\n',
      stderr: '',
    })
    expect(await listed()).to.deep.equal([])
  })

  it('lists what other commands have done, or shown: who, what, before, after and why; the newest first', async () => {
    const id = await getStuck(test.journal, test.clock.pass)
    const letter = await keep(bill)
    const other = await keep('{')
    const by = ['--who', 'dana', '--why', 'the venue has called']
    for (const [name, ...words] of [
      ['redemptions', 'retry', id, ...by],
      ['redemptions', 'settle', id, 'taken', ...by],
      ['dead-letters', 'show', letter, '--who', 'dana'],
      ['dead-letters', 'send', letter, ...by],
      ['dead-letters', 'drop', other, ...by],
    ] as const) {
      const { code, stderr } = await run(name, ...words)
      expect(code, stderr).to.equal(0)
    }
    const lines = await listed()
    expect(lines.map(({ act, target, before, after }) => [act, target, before, after])).to.deep.equal([
      ['drop', other, 'kept: total cannot be read', 'deleted'],
      ['send', letter, 'kept: total cannot be read', 'its ticket is taken'],
      ['see_content', letter, undefined, undefined],
      ['settle', id, 'in_doubt', 'settled as taken'],
      ['retry', id, 'stuck', 'in_doubt'],
    ])
    for (const line of lines) {
      expect(line).to.include({ who: 'dana', by: 'command' }).and.not.have.property('address')
      expect(line).not.to.have.property('role')
    }
    expect(lines[3]).to.include({ why: 'the venue has called' })
    const { stdout, stderr } = await run('audit')
    expect(stderr).to.equal('')
    expect(stdout).to.match(/^NUMBER +AT +WHO +BY +ACT +OF +BEFORE +AFTER +WHY\n/)
    expect(stdout.split('\n')[4]).to.match(/^2 .* dana +command +settle .* the venue has called$/)
    expect(stdout).not.to.include('CARD0001')
  })

  it('lists what was done to one thing alone, and goes on from a line', async () => {
    for (const target of ['*1001', '*1001', '*2002'])
      await test.journal.acts.note({ name: 'find_card', target }, testAct())
    expect((await listed('--of', '*1001')).map(({ sequence }) => sequence)).to.deep.equal([2, 1])
    await test.journal.acts.note({ name: 'see_content', target: 'a1b2' }, testAct())
    expect(await listed('--of', 'A1B2')).to.have.length(1)
    expect((await listed('--before', '3')).map(({ sequence }) => sequence)).to.deep.equal([2, 1])
    expect(await listed('--of', '*1001', '--before', '1')).to.deep.equal([])
    expect((await run('audit')).stdout).to.match(/ Dana \(operator\) +console +find_card /)
  })

  // A reason of two lines looked like two lines of the audit.
  it('has one line for each, whatever was given as a reason or a name', async () => {
    const id = await getStuck(test.journal, test.clock.pass)
    const forged = 'lost\n9  2026-11-23T13:05:12.000Z  mo  console  settle'
    const done = await run('redemptions', 'settle', id, 'taken', '--why', forged, '--who', `da\nna\u202e`)
    expect(done.code, done.stderr).to.equal(0)
    const { stdout } = await run('audit')
    expect(stdout.trimEnd().split('\n')).to.have.length(2)
    expect((await listed())[0]).to.include({ who: 'da na', why: forged.replace('\n', ' ') })
  })

  it('is not run with what it does not understand', async () => {
    for (const words of [['--before', 'x'], ['--before', '1.5'], ['more'], ['--nothing']])
      expect((await run('audit', ...words)).code, words.join(' ')).to.equal(64)
    expect((await run('audit', '--help')).stdout).to.match(/^Usage:/)
  })
})

import { expect } from 'chai'
import { createFileStore, diaryPathOf } from '../../src/diary/sqlite/store.ts'
import { runCommand, type CommandName } from '../commands/run-command.ts'
import { getStuck, stuckDebit } from '../support/stuck-redemption.ts'
import { openTestJournal, unreadMessage, type TestJournal } from '../support/test-journal.ts'
import { readPage } from './pages.ts'
import { shownEntries, shownVenue } from './shown-entries.ts'

describe('the look-ups in contracts/complaints.md', function () {
  this.timeout(30_000)
  let test: TestJournal
  before(async () => {
    test = await openTestJournal()
    const id = await getStuck(test.journal, test.clock.pass, { ...stuckDebit, venue: shownVenue })
    await test.journal.keepDeadLetter(unreadMessage('{}'))
    const diary = createFileStore(diaryPathOf(test.path), 16 * 1024 * 1024, () => undefined)
    await diary.write(shownEntries(id))
    await diary.close()
  })
  after(() => test.end())

  const lines = readPage('contracts/complaints.md').fences.flatMap(({ text }) => text.split('\n'))
  const commands = lines.flatMap((line) => {
    const [, name = '', words = ''] =
      /^kubectl exec (?:-it )?POD -- node dist\/commands\/([\w-]+)\.js (.+)$/.exec(line) ?? []
    return name === '' ? [] : [{ name: name as CommandName, words }]
  })

  it('are all in the form in which they work in the image', () => {
    expect(commands)
      .to.have.length(lines.filter((line) => line.includes('dist/commands')).length)
      .above(10)
  })

  for (const { name, words } of new Map(commands.map((each) => [JSON.stringify(each), each])).values())
    it(`are understood: ${name} ${words}`, async () => {
      const given = words.split(' ').map((word) => (word.length === 36 ? 'ID' : word))
      const [stuck] = await test.journal.stuckRedemptions()
      const env = { JOURNAL_PATH: test.path }
      const typed = given.map((word) => (word === 'ID' ? stuck!.id : word))
      const { code, stderr } = await runCommand(name, typed, env, stuckDebit.secret.cardNumber)
      expect(code, stderr).to.equal(0)
    })
})

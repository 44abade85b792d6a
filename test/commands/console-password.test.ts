import { expect } from 'chai'
import { consoleUsers } from '../../src/config/console-users.ts'
import { isPassword } from '../../src/console/access/passwords.ts'
import { runCommand } from './run-command.ts'

const password = 'correct horse: battery'

describe('the command console-password', function () {
  // Each is a process of its own.
  this.timeout(30_000)
  const run = (words: string[], input: string) => runCommand('console-password', words, {}, input)

  it('prints the line of a user, which is all that the file needs', async () => {
    const { code, stdout, stderr } = await run(['dana', 'operator'], `${password}\n`)
    expect([code, stderr]).to.deep.equal([0, ''])
    expect(stdout)
      .to.match(/^dana:operator:scrypt\$\S+\n$/)
      .and.not.include(password)
    const users = consoleUsers.parse(stdout)
    expect([...users.keys()]).to.deep.equal(['dana'])
    expect(await isPassword(password, users.get('dana')!.hash)).to.equal(true)
  })

  it('takes a password that no line end follows, and prints JSON', async () => {
    const { stdout } = await run(['mo', 'viewer', '--json'], password)
    expect((JSON.parse(stdout) as { line: string }).line).to.match(/^mo:viewer:scrypt\$/)
  })

  const wrong: [what: string, words: string[], input: string, code: number, said: RegExp][] = [
    ['no name', [], password, 64, /which name, and which role\?/],
    ['no role', ['dana'], password, 64, /which name, and which role\?/],
    ['another role', ['dana', 'admin'], password, 64, /the role must be one of viewer, support, operator/],
    ['a name with a colon', ['da:na', 'viewer'], password, 64, /the name must be/],
    ['the password as an argument', ['dana', 'viewer', password], '', 64, /Usage/],
    ['a short password', ['dana', 'viewer'], 'short\n', 1, /the password must have 12 to 128 characters/],
    [
      'a long password',
      ['dana', 'viewer'],
      'x'.repeat(129),
      1,
      /the password must have 12 to 128 characters/,
    ],
    ['no password', ['dana', 'viewer'], '', 1, /the password must have 12 to 128 characters/],
  ]
  for (const [what, words, input, code, said] of wrong)
    it(`prints no line for ${what}`, async () => {
      const ended = await run(words, input)
      expect(ended).to.include({ code, stdout: '' })
      expect(ended.stderr).to.match(said)
    })
})

import { expect } from 'chai'
import { consoleUsers, type Users } from '../../src/config/console-users.ts'
import { ConfigInvalid, readConfig } from '../../src/config/config.ts'

const salt = 'c2FsdC1mb3ItdGVzdHM'
const key = 'a2V5LW9mLTMyLWJ5dGVzLWZvci10ZXN0cy1vbmx5LS0'
const hashOf = (N: number, r: number, p: number) => `scrypt$${N}$${r}$${p}$${salt}$${key}`
const hash = hashOf(32_768, 8, 3)

const read = (text: string) => {
  const { success, data, error } = consoleUsers.safeParse(text)
  return {
    users: success ? data : (new Map() as Users),
    said: error?.issues.map(({ message }) => message).join() ?? '',
  }
}

describe('the users of the console', () => {
  it('are one a line; empty lines, comments and Windows line ends are left out', () => {
    const { users, said } = read(
      `\ufeff# who may\r\n\r\ndana:operator:${hash}\r\n  mo@pub.example:viewer:${hash}  \n`,
    )
    expect(said).to.equal('')
    expect([...users].map(([name, { role }]) => [name, role])).to.deep.equal([
      ['dana', 'operator'],
      ['mo@pub.example', 'viewer'],
    ])
  })

  const wrong: [line: string, problem: string][] = [
    ['dana', 'does not have three parts'],
    ['dana:operator', 'does not have three parts'],
    ['dana:operator:', 'does not have three parts'],
    [`dana:operator:${hash}:more`, 'does not have three parts'],
    [`:operator:${hash}`, 'has a name that is not 1 to 64 letters, digits, ., _, @ or -'],
    [`da na:operator:${hash}`, 'has a name that is not 1 to 64 letters, digits, ., _, @ or -'],
    [`__proto__:operator:${hash}`, 'has a name that is not 1 to 64 letters, digits, ., _, @ or -'],
    [`${'a'.repeat(65)}:operator:${hash}`, 'has a name that is not 1 to 64 letters, digits, ., _, @ or -'],
    [`dana:admin:${hash}`, 'has a role that is none of viewer, support, operator'],
    [`dana:Operator:${hash}`, 'has a role that is none of viewer, support, operator'],
    ['dana:operator:correct horse battery', 'has a hash that console:password did not make'],
    ['dana:operator:$2b$12$abcdefghijklmnopqrstuv', 'has a hash that console:password did not make'],
    [`dana:operator:${hash.replace(salt, 'short')}`, 'has a hash that console:password did not make'],
  ]
  for (const [line, problem] of wrong)
    it(`are refused, with the number of the line: ${problem}: ${line.slice(0, 24)}`, () => {
      expect(read(`# a comment\n${line}`).said).to.equal(
        `must have name:role:hash on each line: line 2 ${problem}`,
      )
    })

  it('are refused if one is named twice', () => {
    expect(read(`dana:viewer:${hash}\ndana:operator:${hash}`).said).to.include(
      'line 2 names a user for the second time',
    )
  })

  // Some were accepted, and made each log-in fail with an error.
  const costs: [name: string, N: number, r: number, p: number, isPossible: boolean][] = [
    ['the usual one', 32_768, 8, 3, true],
    ['the least', 16_384, 8, 1, true],
    ['less than that', 8_192, 8, 1, false],
    ['no power of two', 32_769, 8, 3, false],
    ['no block', 32_768, 0, 3, false],
    ['no run', 32_768, 8, 0, false],
    ['more than its block allows', 131_072, 1, 1, false],
    ['more memory than one check may take', 65_536, 8, 1, false],
    ['more runs than one check may take', 16_384, 8, 17, false],
  ]
  for (const [name, N, r, p, isPossible] of costs)
    it(`are ${isPossible ? 'accepted' : 'refused'} with a hash whose cost is ${name}`, () => {
      expect(read(`dana:operator:${hashOf(N, r, p)}`).said === '').to.equal(isPossible)
    })

  it('have all their problems told at once, and nothing of a hash', () => {
    const env = {
      HOST: '127.0.0.1',
      CONSOLE_PORT: '8088',
      CONSOLE_USERS: `dana\n\nmo:boss:${hash}\nal:viewer:${hash}x:`,
    }
    expect(() => readConfig(env))
      .to.throw(ConfigInvalid)
      .with.property('problems')
      .that.satisfies((problems: { name: string; problem?: string }[]) => {
        const said = JSON.stringify(problems)
        return ['line 1 ', 'line 3 ', 'line 4 '].every((each) => said.includes(each)) && !said.includes(key)
      })
  })

  it('are needed with CONSOLE_PORT', () => {
    expect(() => readConfig({ HOST: '127.0.0.1', CONSOLE_PORT: '8088', CONSOLE_USERS: '# nobody yet' }))
      .to.throw(ConfigInvalid)
      .with.nested.property('problems[0].name', 'CONSOLE_USERS')
  })
})

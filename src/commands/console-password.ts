import { hashPassword, maxPasswordLength, minPasswordLength } from '../console/access/passwords.ts'
import { roles, userName } from '../config/console-users.ts'
import { answerOrFail, CommandFailed, parse, UsageWrong, type Answer } from './command.ts'
import { refuseMore } from './options.ts'
import { readSecretLine } from './secret-line.ts'

const usage = `Usage:
  console-password NAME ROLE    asks for a password on standard input, and prints the line of this user for the file that
                                CONSOLE_USERS_FILE names
Roles:
  viewer     sees everything but cards that are searched for, and the contents of dead letters
  support    the same, and these
  operator   the same, and decides: tries again, settles, sends again, deletes
`

await answerOrFail(usage, async () => {
  const { words, isJson } = parse({})
  return { isJson, ...(await makeLine(words)) }
})

async function makeLine([name, role, ...more]: string[]): Promise<Answer> {
  refuseMore(more)
  if (name === undefined || role === undefined) throw new UsageWrong('which name, and which role?')
  if (!userName.test(name))
    throw new UsageWrong(
      'the name must be 1 to 64 letters, digits, ., _, @ or -, and begin with one of the first two',
    )
  if (!roles.some((each) => each === role))
    throw new UsageWrong(`the role must be one of ${roles.join(', ')}`)
  const password = await readSecretLine('Password (it is not shown): ')
  if (password.length < minPasswordLength || password.length > maxPasswordLength)
    throw new CommandFailed(`the password must have ${minPasswordLength} to ${maxPasswordLength} characters`)
  const line = `${name}:${role}:${await hashPassword(password)}`
  return { text: line, json: { line } }
}

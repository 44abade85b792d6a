import { hashPassword } from '../../src/console/access/passwords.ts'
import { roles, type Role } from '../../src/config/console-users.ts'
import { openCounter } from '../service/counter.ts'

export const password = 'a password that is long enough'

/** One user of each role, named like it. Hashing takes a while, so it is done once. */
let usersLine: Promise<string> | undefined
function makeUsers(): Promise<string> {
  usersLine ??= hashPassword(password).then((hash) =>
    roles.map((role) => `${role}:${role}:${hash}`).join('\n'),
  )
  return usersLine
}

export function basicOf(name: string, secret = password): string {
  return `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`
}

export type Asked = { status: number; headers: Headers; text: string; json: Record<string, unknown> }
type Options = {
  as?: Role
  headers?: Record<string, string>
  fields?: Record<string, string> | [string, string][]
}

export type TestConsole = Awaited<ReturnType<typeof openTestConsole>>

/**
 * A bar counter (`openCounter`) with the console of its service.
 * @param env as for `npm start`
 */
export async function openTestConsole(
  env: Record<string, string> = {},
  options: Parameters<typeof openCounter>[1] = {},
) {
  const counter = await openCounter({ CONSOLE_PORT: '0', CONSOLE_USERS: await makeUsers(), ...env }, options)
  const url = counter.service.consoleUrl!

  /** Asks for a page, or sends a form if there are fields, as a script does: the answer is JSON. */
  async function ask(path: string, { as = 'operator', headers = {}, fields }: Options = {}): Promise<Asked> {
    const answer = await fetch(url + path, {
      redirect: 'manual',
      headers: { authorization: basicOf(as), accept: 'application/json', ...headers },
      ...(fields && { method: 'POST', body: new URLSearchParams(fields) }),
      ...(fields && {
        headers: {
          authorization: basicOf(as),
          accept: 'application/json',
          'sec-fetch-site': 'same-origin',
          ...headers,
        },
      }),
    })
    const text = await answer.text()
    const isJson = answer.headers.get('content-type')?.startsWith('application/json')
    const json = isJson ? (JSON.parse(text) as Record<string, unknown>) : {}
    return { status: answer.status, headers: answer.headers, text, json }
  }

  return { ...counter, url, ask }
}

import { z } from 'zod'

/** Each may do what those before it may. */
export const roles = ['viewer', 'support', 'operator'] as const
export type Role = (typeof roles)[number]

/** Users of the console by their names, each with the hash of its password. */
export type Users = ReadonlyMap<string, { role: Role; hash: string }>

export const userName = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/

/** As `console/access/passwords.ts` makes it: scrypt, N, r, p, salt, key. */
export const hashForm =
  /^scrypt\$(\d{1,8})\$(\d{1,3})\$(\d{1,3})\$([A-Za-z0-9_-]{16,64})\$([A-Za-z0-9_-]{32,128})$/
/** What one check of a password may take. */
export const maxHashMemory = 64 * 1024 * 1024
const minPower = 14
const maxRuns = 16

/** `name:role:hash` on each line; empty lines, and those that begin with `#`, are left out. A problem never has anything of a hash. */
export const consoleUsers = z.string().transform((text, ctx): Users => {
  const users = new Map<string, { role: Role; hash: string }>()
  const problems: string[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const read = readLine(line.trim(), users)
    if (typeof read === 'string') problems.push(`line ${index + 1} ${read}`)
    else if (read) users.set(read.name, { role: read.role, hash: read.hash })
  }
  if (problems.length > 0) ctx.addIssue(`must have name:role:hash on each line: ${problems.join('; ')}`)
  return users
})

/** @returns what is wrong with the line; undefined if there is nothing in it */
function readLine(
  line: string,
  users: Users,
): { name: string; role: Role; hash: string } | string | undefined {
  if (line === '' || line.startsWith('#')) return undefined
  const [name = '', given = '', hash = '', ...more] = line.split(':')
  if (hash === '' || more.length > 0) return 'does not have three parts'
  if (!userName.test(name)) return 'has a name that is not 1 to 64 letters, digits, ., _, @ or -'
  if (users.has(name)) return 'names a user for the second time'
  const role = roles.find((each) => each === given)
  if (!role) return `has a role that is none of ${roles.join(', ')}`
  return isHash(hash) ? { name, role, hash } : 'has a hash that console:password did not make'
}

/** Whether it can be checked within the memory that one may take. */
function isHash(text: string): boolean {
  const [, N, r, p] = hashForm.exec(text) ?? []
  if (N === undefined) return false
  const power = Math.log2(Number(N))
  const isAffordable = 128 * Number(N) * Number(r) < maxHashMemory && Number(p) <= maxRuns
  // scrypt itself refuses anything else: https://www.rfc-editor.org/rfc/rfc7914#section-6
  const isPossible = Number.isInteger(power) && power < 16 * Number(r) && Number(p) > 0
  return power >= minPower && isPossible && isAffordable
}

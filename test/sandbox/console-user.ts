import { randomBytes } from 'node:crypto'
import { hashPassword } from '../../src/console/access/passwords.ts'

/** @returns an operator of the console with a password that nobody else knows, and the line of the file of users */
export async function makeConsoleUser(): Promise<{ name: string; password: string; line: string }> {
  const name = 'operator'
  const password = randomBytes(12).toString('base64url')
  return { name, password, line: `${name}:operator:${await hashPassword(password)}` }
}

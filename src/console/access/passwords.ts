import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto'
import { promisify } from 'node:util'
import { hashForm, maxHashMemory } from '../../config/console-users.ts'

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)

/** 2^15: some 60 ms of a thread, and 32 MB while it runs. https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html */
const cost = { N: 32_768, r: 8, p: 3 }
const saltBytes = 16
const keyBytes = 32

export const minPasswordLength = 12
/** Bounded, so that nobody can keep the service busy with long passwords. */
export const maxPasswordLength = 128

/** @returns the hash as it is written to the file of users */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes)
  const key = await derive(normal(password), salt, keyBytes, { ...cost, maxmem: maxHashMemory })
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$')
}

/** @param hash of `hashPassword` */
export async function isPassword(password: string, hash: string): Promise<boolean> {
  const [, N, r, p, salt = '', key = ''] = hashForm.exec(hash) ?? []
  if (N === undefined || password.length > maxPasswordLength) return false
  const expected = Buffer.from(key, 'base64url')
  const options = { N: Number(N), r: Number(r), p: Number(p), maxmem: maxHashMemory }
  const derived = await derive(normal(password), Buffer.from(salt, 'base64url'), expected.length, options)
  return timingSafeEqual(derived, expected)
}

/** Keyboards differ in how they write an accented letter. */
function normal(password: string): string {
  return password.normalize('NFC')
}

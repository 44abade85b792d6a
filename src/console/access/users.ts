import { roles, type Role } from '../../config/console-users.ts'

export type User = { name: string; role: Role }

export function mayActAs(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed)
}

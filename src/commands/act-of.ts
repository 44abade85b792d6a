import { randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import type { Act } from '../journal/audit.ts'
import { plainText } from '../observability/printable.ts'
import { UsageWrong } from './command.ts'

/** Options of every command that changes something, or shows what is not for everybody. */
export type ActOptions = { who?: string | undefined; why?: string | undefined }

export const actOptions = { who: { type: 'string' }, why: { type: 'string' } } as const

/** @returns what the audit says of whoever runs the command; by default the name of the system user, or its number */
export function actOf({ who, why }: ActOptions): Act {
  return {
    id: randomUUID(),
    who: oneLine(who) || systemUser() || `user ${process.getuid?.() ?? 'unknown'}`,
    role: undefined,
    by: 'command',
    why: oneLine(why) || undefined,
    address: undefined,
  }
}

/**
 * Like `actOf`, for a decision that cannot be undone.
 * @throws UsageWrong if the reason is missing, or the name of whoever decides
 */
export function decisionOf(verb: string, { who, why }: ActOptions): Act & { why: string } {
  const act = actOf({ who, why })
  if (act.why === undefined) throw new UsageWrong(`${verb}: --why is required, for whoever asks later`)
  if (!oneLine(who) && systemUser() === undefined)
    throw new UsageWrong(`${verb}: --who is required, since the system user has no name`)
  return { ...act, why: act.why }
}

/** One line, so that it cannot pass for several lines when the audit is printed. */
function oneLine(text = ''): string {
  return plainText(text).trim()
}

/** A container may run as a user that has no name. */
function systemUser(): string | undefined {
  try {
    return userInfo().username
  } catch {
    return undefined
  }
}

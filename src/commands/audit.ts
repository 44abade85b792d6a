import { nameOf, type AuditFilter } from '../journal/audit.ts'
import { runCommand, UsageWrong, type Action, type Answer, type CommandParts } from './command.ts'
import { toTable, toTime } from './lines.ts'
import { refuseMore } from './options.ts'

const usage = `Usage:
  audit         lists what people have done, or looked at: who, when, what, and why; the newest first
Options:
  --of ID       only what was done to this redemption or dead letter; of cards the last four characters, such as *1001
  --before N    the lines before this one: the number of the last line that was listed
  --json        for scripts
`

const options = { of: { type: 'string' }, before: { type: 'string' } } as const

/** One look-up prints no more. */
const maxListed = 200

await runCommand(usage, options, choose)

function choose({
  words,
  of,
  before,
}: {
  words: string[]
  of?: string | undefined
  before?: string | undefined
}): Action {
  refuseMore(words)
  const below = before === undefined ? undefined : Number(before)
  if (below !== undefined && !Number.isSafeInteger(below))
    throw new UsageWrong(`--before ${before} is not the number of a line`)
  return (parts) => list(parts, { target: of && targetOf(of), belowSequence: below })
}

/** Cards are stored as they are written, ids of redemptions and dead letters in small letters. */
function targetOf(of: string): string {
  return of.startsWith('*') ? of : of.toLowerCase()
}

async function list({ journal }: CommandParts, filter: Omit<AuditFilter, 'limit'>): Promise<Answer> {
  const found = await journal.lookUps.audit({ ...filter, limit: maxListed })
  if (found.length === 0) return { text: 'there is nothing in the audit', json: [] }
  const rows = found.map((entry) => [
    String(entry.sequence),
    toTime(entry.atMs),
    nameOf(entry),
    entry.by,
    entry.act,
    entry.target,
    entry.before ?? '-',
    entry.after ?? '-',
    entry.why ?? '-',
  ])
  const heads = ['NUMBER', 'AT', 'WHO', 'BY', 'ACT', 'OF', 'BEFORE', 'AFTER', 'WHY']
  const more =
    found.length === maxListed ? `\n\nThere may be more: --before ${found.at(-1)!.sequence} lists them.` : ''
  return { text: toTable([heads, ...rows]) + more, json: found }
}

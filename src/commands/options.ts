import { UsageWrong } from './command.ts'

const unitMs: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * @param text an ISO 8601 time with an offset or a date (UTC), or how long ago: 30m, 12h, 7d
 * @returns epoch ms
 * @throws UsageWrong
 */
export function readSince(text: string): number {
  const [, count, unit = ''] = /^(\d{1,4})([mhd])$/.exec(text) ?? []
  if (count !== undefined) return Date.now() - Number(count) * unitMs[unit]!
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text)
  const atMs = isTime ? Date.parse(text) : NaN
  if (Number.isNaN(atMs))
    throw new UsageWrong(
      `--since ${text} is not a time: use 30m, 12h or 7d, 2026-11-23, or 2026-11-23T20:00:00Z`,
    )
  return atMs
}

/**
 * @param given options that belong to some verbs only
 * @throws UsageWrong if one is given without need
 */
export function refuseOptions(
  given: Record<string, string | boolean | undefined>,
  isAllowed: boolean,
  verbs: string,
) {
  const [name] = Object.keys(given).filter((each) => given[each] !== undefined && given[each] !== false)
  if (name !== undefined && !isAllowed) throw new UsageWrong(`--${name} is only for ${verbs}`)
}

/** @throws UsageWrong if there is a word too many */
export function refuseMore([word]: readonly string[]) {
  if (word !== undefined) throw new UsageWrong(`unexpected argument ${word}`)
}

/** @returns why a command cannot be chosen by its first word */
export function unknownVerb(verb: string | undefined): UsageWrong {
  return new UsageWrong(verb ? `there is no command ${verb}` : 'which command?')
}

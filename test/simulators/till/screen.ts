import type { Operation, TillReply } from './messages.ts'

/** A line of the screen; `right` is aligned to the right edge. */
export type Line = { left: string; right?: string }

const innerWidth = 44

/**
 * The till's screen after an answer, drawn in text.
 * @returns lines of equal length
 */
export function drawScreen(title: string, operation: Operation, reply: TillReply): string[] {
  const lines = screenOf(operation, reply).flatMap(wrap)
  const bar = '─'.repeat(innerWidth - title.length - operation.length - 2)
  return [
    `╭─ ${title} ${bar} ${operation} ─╮`,
    ...lines.map(({ left, right = '' }) => `│  ${left}${right.padStart(innerWidth - left.length)}  │`),
    `╰${'─'.repeat(innerWidth + 4)}╯`,
  ]
}

/** @returns what the till shows after an answer */
export function screenOf(operation: Operation, reply: TillReply): Line[] {
  if (reply.response === 'Error') return refusal(reply)
  if (reply.response !== 'OK') return [{ left: 'The loyalty service cannot be understood.' }]
  switch (operation) {
    case 'balance':
      return balance(reply)
    case 'debit':
      return [
        ...(reply.reward
          ? [{ left: `Redeemed: ${reply.reward.name ?? reply.reward.id}` }, trigger(reply)]
          : []),
        ...points('taken', reply.pointsTaken, reply.points),
      ]
    case 'credit':
      return [
        ...(reply.reward ? [{ left: `Given back: ${reply.reward.name ?? reply.reward.id}` }] : []),
        ...points('given back', reply.pointsReturned, reply.points),
      ]
    case 'ticket':
      return [
        { left: `Bill ${reply.ticketId ?? ''} closed`, right: reply.duplicate ? 'sent before' : 'sent' },
      ]
  }
}

function refusal({ detail = 'Refused', action, code = '', retry }: TillReply): Line[] {
  return [
    { left: `! ${detail}` },
    ...(action ? [{ left: action }] : []),
    { left: code, right: retry ? 'try again' : '' },
  ]
}

function balance({ member, program, points, rewards = [], stale }: TillReply): Line[] {
  return [
    { left: member?.name ?? 'Member', right: program ?? '' },
    ...(points === undefined
      ? []
      : [{ left: `${grouped(points)} points`, right: stale ? 'a while ago' : '' }]),
    { left: '' },
    ...rewards.map(({ id, name, cost }, row) => ({
      left: `${row + 1}  ${name ?? id}`,
      right: cost === undefined ? '' : `${grouped(cost)} points`,
    })),
    ...(rewards.length === 0 ? [{ left: 'No rewards' }] : []),
  ]
}

/** What the till does by itself: Aztec applies only what exists there. */
function trigger({ reward }: TillReply): Line {
  if (reward?.entityCode) return { left: 'rings up promotion', right: reward.entityCode }
  if (reward?.discountId) return { left: 'applies discount', right: reward.discountId }
  return { left: '' }
}

function points(verb: string, moved: number | undefined, left: number | undefined): Line[] {
  if (moved === undefined) return []
  const rest = left === undefined ? '' : `${grouped(left)} now`
  return [{ left: `${grouped(moved)} points ${verb}`, right: rest }]
}

function grouped(count: number): string {
  return count.toLocaleString('en-GB')
}

/** Long texts go over several lines, at spaces. */
function wrap({ left, right = '' }: Line): Line[] {
  if (left.length + right.length <= innerWidth) return [{ left, right }]
  const lines = ['']
  for (const word of left.split(' ')) {
    const last = lines.at(-1) ?? ''
    if (last !== '' && last.length + 1 + word.length > innerWidth) lines.push(word)
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
  }
  return [
    ...lines.map((line) => ({ left: line.slice(0, innerWidth) })),
    ...(right ? [{ left: '', right }] : []),
  ]
}

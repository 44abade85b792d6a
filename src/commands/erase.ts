import { eraseFromDiary } from '../diary/erase.ts'
import type { DiaryEntry } from '../diary/entry.ts'
import { countOfCard } from '../diary/look-ups.ts'
import type { ErasureRefusal } from '../journal/erase.ts'
import type { Journal } from '../journal/journal.ts'
import { createKeyedHash } from '../model/keys.ts'
import { createSpotter } from '../model/secret-spotter.ts'
import { maskCard } from '../model/words.ts'
import { createLogger } from '../observability/logger.ts'
import { actOf, actOptions, type ActOptions } from './act-of.ts'
import { askCardNumber, refuseCardArgument } from './ask-card.ts'
import { CommandFailed, runCommand, type Action, type Answer, type CommandParts } from './command.ts'
import { toTime } from './lines.ts'
import { refuseOptions, unknownVerb } from './options.ts'
import { readableText } from '../dead-letters/unread-message.ts'

const usage = `Usage:
  erase card    asks for a card number on standard input, and says what is remembered of it; with --yes it is made
                anonymous, which cannot be undone. What is open, or younger than a day, cannot be erased yet
Options:
  --yes       do it
  --why TEXT  with --yes: kept in the audit for whoever asks later
  --who NAME  with --yes (default: the name of the system user)
  --json      for scripts
`

const options = { yes: { type: 'boolean', default: false }, ...actOptions } as const

await runCommand(usage, options, choose)

function choose({ words, yes, who, why }: ActOptions & { words: string[]; yes: boolean }): Action {
  const [verb, argument] = words
  refuseOptions({ who, why }, yes, 'erase with --yes')
  if (verb !== 'card') throw unknownVerb(verb)
  refuseCardArgument(argument)
  return (parts) => erase(parts, yes, { who, why })
}

/** @throws CommandFailed if something cannot be erased yet: then nothing is */
async function erase(parts: CommandParts, isAgreed: boolean, options: ActOptions): Promise<Answer> {
  const { journal, config } = parts
  const cardNumber = await askCardNumber(config.zonal.cardPrefixes)
  const cardHash = createKeyedHash(config.journal.cardHashKey)(cardNumber)
  const diary = await parts.diary()
  const { rows, published } = (await diary?.read(() => countOfCard(cardHash))) ?? { rows: 0, published: [] }
  let deadLetters = await deadLettersWith(journal, cardNumber)
  const erasure = isAgreed ? await journal.eraseCard(cardHash) : await journal.findForErasure(cardHash)
  if (erasure.refusals.length > 0) throw new CommandFailed(refused(erasure.refusals))
  if (isAgreed) {
    const target = maskCard(cardNumber)
    await journal.acts.note({ name: 'erase_card', target }, actOf(options))
    // Looked for again: a ticket that waited for Kafka may have become one before its card was erased.
    deadLetters = await dropAll(journal, await deadLettersWith(journal, cardNumber), options)
    if (diary) await eraseFromDiary(config, cardHash, createLogger('silent'))
  }
  const left = leftElsewhere(published)
  return {
    text: [
      isAgreed ? 'Erased, which cannot be undone:' : 'Would be made anonymous; add --yes to do it:',
      `  redemptions: ${erasure.redemptions}`,
      `  rows of the diary: ${rows}`,
      `  dead letters, which are deleted, so that their bills are not sent any more: ${deadLetters.length}`,
      '',
      'What this cannot reach:',
      ...left.map((each) => `  ${each}`),
    ].join('\n'),
    json: { isErased: isAgreed, redemptions: erasure.redemptions, diaryRows: rows, deadLetters, left },
  }
}

function refused(refusals: ErasureRefusal[]): string {
  const times = refusals.map(({ fromMs }) => fromMs)
  const known = times.filter((fromMs) => fromMs !== undefined)
  const when =
    known.length === times.length
      ? `It can be done from ${toTime(Math.max(...known))} on.`
      : 'It can be done once what is open is settled, and a day later.'
  return ['nothing was erased:', ...refusals.map(({ reason }) => `  ${reason}`), when].join('\n')
}

/** Their contents are sealed, so each is opened. */
async function deadLettersWith(journal: Journal, cardNumber: string): Promise<string[]> {
  const isSpotted = createSpotter(cardNumber)
  const found: string[] = []
  for (const { id } of await journal.deadLetters()) {
    const deadLetter = await journal.lookUps.openDeadLetter(id)
    if (!deadLetter) continue
    const text =
      deadLetter.kind === 'ticket'
        ? JSON.stringify(deadLetter.ticket.closed)
        : ((await readableText(deadLetter.message)) ??
          Buffer.from(deadLetter.message.base64, 'base64').toString('latin1'))
    if (isSpotted(text)) found.push(id)
  }
  return found
}

/** @returns those that were there: somebody may have sent one meanwhile, which then waits for Kafka */
async function dropAll({ acts }: Journal, deadLetters: string[], options: ActOptions): Promise<string[]> {
  const dropped: string[] = []
  for (const id of deadLetters)
    if (await acts.dropDeadLetter(id, 'erase_card', actOf(options))) dropped.push(id)
  return dropped
}

function leftElsewhere(published: DiaryEntry[]): string[] {
  const places = published.map(
    ({ facts: { topic, partition, offset } }) => `topic ${topic}, partition ${partition}, offset ${offset}`,
  )
  return [
    'Kafka: the bills of this card have its number, until the topic deletes them' +
      (places.length > 0 ? ':' : ''),
    ...places.map((place) => `  ${place}`),
    'TRIFFT: the member, the card, and what was redeemed with it',
    'logs: the last four characters of the card, until they are deleted',
  ]
}

import type { UnreadMessage } from '../model/words.ts'
import type { CoreClient } from '../trifft/client.ts'
import type { Balances } from '../trifft/balances.ts'
import type { Venues } from '../trifft/venues.ts'
import type { Journal } from '../journal/journal.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import { createMarkAnswered } from './answered.ts'
import { createBalance } from './balance.ts'
import { createCoverId } from './cover-ids.ts'
import { createCredit } from './credit.ts'
import { createDebit } from './debit.ts'
import { createTicket } from './ticket.ts'
import type { TakeTurn } from './turns.ts'

export type Loyalty = ReturnType<typeof createLoyalty>

type Parts = {
  core: CoreClient
  venues: Venues
  balances: Balances
  journal: Journal
  takeTurn: TakeTurn
  hashCard: (cardNumber: string) => string
  wakeRelay: () => void
  ticketsWithoutCard: 'publish' | 'count'
  log: Logger
  metrics: Metrics
}

/** What the service does for a till: one function a message, and what belongs around them. */
export function createLoyalty({ venues, balances, journal, ticketsWithoutCard, ...parts }: Parts) {
  const { log, metrics } = parts
  const redemptionParts = { ...parts, balances, journal }
  return {
    approve: venues.approve,
    /** The core has refused the key meanwhile: ask again before the next message of this till. */
    forgetApproval: venues.drop,
    balance: createBalance({ balances }),
    debit: createDebit(redemptionParts),
    credit: createCredit(redemptionParts),
    ticket: createTicket({ ...parts, journal, withoutCard: ticketsWithoutCard }),

    /** What stands for an id of a message that holds its card number, in a log line as in the journal. */
    coverId: createCoverId(parts.hashCard),

    markAnswered: createMarkAnswered({ journal, log }),

    /** A ticket that could not be understood is kept whole, but for its credentials. */
    async keepUnreadTicket(letter: UnreadMessage & { reason: string }) {
      await journal.keepDeadLetter(letter)
      metrics.ticketsTaken.inc({ result: 'dead_letter' })
    },
  }
}

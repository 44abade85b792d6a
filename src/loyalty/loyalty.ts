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
import type { Timers } from '../time/clock.ts'
import type { WaitForTurn } from './turns.ts'

export type Loyalty = ReturnType<typeof createLoyalty>

type Deps = {
  core: CoreClient
  venues: Venues
  balances: Balances
  journal: Journal
  waitForTurn: WaitForTurn
  timers: Timers
  hashCard: (cardNumber: string) => string
  wakeRelay: () => void
  ticketsWithoutCard: 'publish' | 'count'
  log: Logger
  metrics: Metrics
}

/** What the service does for a till: one function for each message, and what belongs around them. */
export function createLoyalty({ venues, balances, journal, ticketsWithoutCard, ...deps }: Deps) {
  const { log, metrics } = deps
  const redemptionDeps = { ...deps, balances, journal }
  return {
    approve: venues.approve,
    /** The core has refused the key meanwhile: ask again before the next message of this till. */
    forgetApproval: venues.drop,
    balance: createBalance({ balances }),
    debit: createDebit(redemptionDeps),
    credit: createCredit(redemptionDeps),
    ticket: createTicket({ ...deps, journal, withoutCard: ticketsWithoutCard }),

    /** What stands for an id of a message that holds its card number, in a log line as in the journal. */
    coverId: createCoverId(deps.hashCard),

    markAnswered: createMarkAnswered({ journal, timers: deps.timers, log }),

    /** A ticket that could not be understood is kept whole, but for its credentials. */
    async keepUnreadTicket(message: UnreadMessage & { reason: string }) {
      await journal.keepDeadLetter(message)
      metrics.ticketsReceived.inc({ result: 'dead_letter' })
    },
  }
}

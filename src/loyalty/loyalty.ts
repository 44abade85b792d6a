import type { Exchange } from '../exchange.ts'
import type { Caller, Ticket, UnreadMessage } from '../model/words.ts'
import type { CoreClient } from '../trifft/client.ts'
import type { Balances } from '../trifft/balances.ts'
import type { Venues } from '../trifft/venues.ts'
import { traceJournal } from '../journal/traced-journal.ts'
import type { Journal } from '../journal/journal.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import { createMarkAnswered } from './answered.ts'
import { createBalance } from './balance.ts'
import type { MaskId } from './mask-ids.ts'
import { createCredit } from './credit.ts'
import { createDebit } from './debit.ts'
import { inTimeOfTicket } from './in-time.ts'
import { createTicket } from './ticket.ts'
import type { Timers } from '../time/clock.ts'
import type { Turns } from './turns.ts'

export type Loyalty = ReturnType<typeof createLoyalty>

type Deps = {
  core: CoreClient
  venues: Venues
  balances: Balances
  journal: Journal
  turns: Turns
  timers: Timers
  hashCard: (cardNumber: string) => string
  maskId: MaskId
  wakeRelay: () => void
  ticketsWithoutCard: 'publish' | 'count'
  log: Logger
  metrics: Metrics
}

/** What the service does for a till: a function for each message, and what they need around them. */
export function createLoyalty({ venues, balances, journal, ticketsWithoutCard, ...deps }: Deps) {
  const { log, metrics } = deps
  const redemptionDeps = { ...deps, balances, journal }
  const acceptTicket = createTicket({ ...deps, journal, withoutCard: ticketsWithoutCard })
  return {
    approve: venues.approve,
    /** The core has refused the key: check it again before this till's next message. */
    forgetApproval: venues.drop,
    balance: createBalance({ balances }),
    debit: createDebit(redemptionDeps),
    credit: createCredit(redemptionDeps),
    ticket: (ticket: Ticket, caller: Caller, exchange: Exchange) =>
      inTimeOfTicket(deps.timers, exchange, acceptTicket(ticket, caller, exchange)),

    /** The stand-in for an id that contains the card number, in log lines and in the journal. */
    maskId: deps.maskId,

    markAnswered: createMarkAnswered({ journal, timers: deps.timers, log }),

    /** Keeps a ticket that could not be read as a dead letter; the credentials are removed before. */
    async keepUnreadTicket(message: UnreadMessage & { reason: string }, exchange: Exchange) {
      const kept = traceJournal(journal, exchange.span).keepDeadLetter(message)
      await inTimeOfTicket(deps.timers, exchange, kept)
      metrics.ticketsReceived.inc({ result: 'dead_letter' })
    },
  }
}

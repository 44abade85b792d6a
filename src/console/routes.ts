import Router from '@koa/router'
import type { Context } from 'koa'
import type { Desk, Visit } from './desk.ts'
import type { Answer } from './page.ts'
import { auditPage } from './pages/audit.ts'
import { billPage } from './pages/bill.ts'
import { cardPage } from './pages/card.ts'
import { deadLetterPage, drop, send } from './pages/dead-letter.ts'
import { deadLettersPage, sendShown } from './pages/dead-letters.ts'
import { idPage } from './pages/id.ts'
import { overviewPage } from './pages/overview.ts'
import { redemptionPage, retry, settle } from './pages/redemption.ts'
import { redemptionsPage } from './pages/redemptions.ts'
import { runbookPage } from './pages/runbook.ts'
import { searchPage } from './pages/search.ts'

type Handler = (desk: Desk, visit: Visit) => Promise<Answer>

/** What is read; each is also there as JSON for a script that asks for it. */
const pages: Record<string, Handler> = {
  '/': overviewPage,
  '/bills/:venue/:account': billPage,
  '/cards/:hash': cardPage,
  '/ids/:id': idPage,
  '/redemptions': redemptionsPage,
  '/redemptions/:id': redemptionPage,
  '/dead-letters': deadLettersPage,
  '/dead-letters/:id': deadLetterPage,
  '/audit': auditPage,
  '/runbooks/:name': (_desk, visit) => runbookPage(visit),
}

/** What is sent. */
const forms: Record<string, Handler> = {
  '/search': searchPage,
  '/redemptions/:id/retry': retry,
  '/redemptions/:id/settle': settle,
  '/dead-letters/send': sendShown,
  '/dead-letters/:id/send': send,
  '/dead-letters/:id/drop': drop,
}

/** @param respond writes the answer; @param visitOf reads the request */
export function createConsoleRoutes(
  desk: Desk,
  visitOf: (ctx: Context) => Visit,
  respond: (ctx: Context, visit: Visit, answer: Answer) => void,
) {
  const router = new Router()
  const handle = (handler: Handler) => async (ctx: Context) => {
    const visit = visitOf(ctx)
    respond(ctx, visit, await handler(desk, visit))
  }
  for (const [path, handler] of Object.entries(pages)) router.get(path, handle(handler))
  for (const [path, handler] of Object.entries(forms)) router.post(path, handle(handler))
  return router
}

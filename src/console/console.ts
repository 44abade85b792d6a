import type { Server } from 'node:http'
import Koa, { type Context, type Next } from 'koa'
import bodyParser from 'koa-bodyparser'
import { StorageUnavailable } from '../model/refusal.ts'
import type { Users } from '../config/console-users.ts'
import type { ConnectionReport } from '../http/end-reasons.ts'
import { createHttpServer } from '../http/server.ts'
import { describeError, type Logger } from '../observability/logger.ts'
import { printable } from '../observability/printable.ts'
import { sourceAddressOf } from '../observability/source-address.ts'
import type { Timers } from '../time/clock.ts'
import { createLogIn } from './access/log-in.ts'
import { safeHeaders } from './access/safe-headers.ts'
import { isFromHere } from './access/same-origin.ts'
import type { User } from './access/users.ts'
import { assets } from './assets.ts'
import { createTurnstile } from './turnstile.ts'
import type { Desk, Visit } from './desk.ts'
import { createUserPace } from './pace.ts'
import { layOut, Refused, refusalPage, type Answer } from './page.ts'
import { createConsoleRoutes } from './routes.ts'

/** For a few people. */
const limits = { connections: 60, pendingRequests: 8, inactivityMs: 30_000 }
const brokenAnswer = { bytes: 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' }
/** A form has a few fields, or the ids of a hundred dead letters. */
const maxFormSize = '64kb'

const unreadable = 'The request cannot be read.'

type Deps = {
  desk: Desk
  users: Users
  version: string
  timers: Timers
  log: Logger
  report: ConnectionReport
}

/** The console on a port of its own. Whoever asks for anything logs in first, with HTTP basic. */
export function createConsole({ desk, users, version, timers, log, report }: Deps): Server {
  const logIn = createLogIn(users, desk.clock)
  const passThrough = createTurnstile()
  const takeTurn = createUserPace(desk.clock, timers)
  const { trustedProxies } = desk.config.server
  const app = new Koa()

  const respond = (ctx: Context, { user }: { user: User }, answer: Answer) => {
    ctx.set('Cache-Control', 'no-store')
    if (answer.kind === 'redirect') {
      ctx.status = 303
      ctx.set('Location', answer.to)
      ctx.body = ''
    } else if (answer.kind === 'text') {
      ctx.type = 'text/plain; charset=utf-8'
      ctx.body = printable(answer.text)
    } else {
      ctx.status = answer.status
      ctx.vary('Accept')
      const isForScript = ctx.accepts('html', 'json') === 'json'
      ctx.body = isForScript ? toJson(answer.json) : layOut(answer, user, ctx.path, version)
      ctx.type = isForScript ? 'application/json' : 'text/html; charset=utf-8'
    }
  }

  async function answerErrors(ctx: Context, next: Next) {
    ctx.set(safeHeaders)
    try {
      await next()
      if (ctx.status === 404 && ctx.body === undefined) throw new Refused(404, 'There is no such page.')
    } catch (error) {
      const refused = toRefused(error)
      if (refused.status === 500) log.error({ error: describeError(error) }, 'a page of the console failed')
      ctx.body = undefined
      const user: User = ctx.state.user ?? { name: 'nobody', role: 'viewer' }
      respond(ctx, { user }, refusalPage(refused))
    }
  }

  async function letIn(ctx: Context, next: Next) {
    const address = sourceAddressOf(ctx.req, trustedProxies)
    const found = await logIn(ctx.get('Authorization') || undefined, address)
    if (typeof found === 'object' && 'lockedForMs' in found) {
      ctx.set('Retry-After', String(Math.ceil(found.lockedForMs / 1000)))
      throw new Refused(429, 'There were too many wrong passwords. Wait a minute, and try again.')
    }
    if (typeof found === 'string') {
      if (found === 'wrong') log.warn({ sourceAddress: address }, 'a wrong name or password for the console')
      ctx.set('WWW-Authenticate', 'Basic realm="Zonal loyalty adapter", charset="UTF-8"')
      throw new Refused(
        401,
        found === 'wrong' ? 'The name or the password is wrong.' : 'Name and password are needed.',
      )
    }
    ctx.state.user = found
    ctx.state.address = address
    await next()
  }

  async function refuseForged(ctx: Context, next: Next) {
    const isRead = ctx.method === 'GET' || ctx.method === 'HEAD'
    if (!isRead && !isFromHere(ctx.headers))
      throw new Refused(403, 'This form was not sent by a page of this console, so nothing was done.')
    await next()
  }

  async function refuseCompressed(ctx: Context, next: Next) {
    // No browser compresses a form, and a body that cannot be decompressed would end as a 500.
    if (ctx.get('Content-Encoding') !== '') throw new Refused(400, unreadable)
    await next()
  }

  async function serveAssets(ctx: Context, next: Next) {
    const isRead = ctx.method === 'GET' || ctx.method === 'HEAD'
    const asset = isRead ? assets[ctx.path] : undefined
    if (!asset) return await next()
    ctx.set('Cache-Control', 'private, max-age=3600')
    ctx.type = asset.type
    ctx.body = asset.content
  }

  /** @throws Refused if there is a character in it that no page has sent, and no database takes */
  const visitOf = (ctx: Context): Visit => {
    const { params } = ctx as Context & { params: Record<string, string> }
    const query = new URLSearchParams(ctx.querystring)
    const fields = new URLSearchParams(ctx.request.rawBody ?? '')
    const texts = [...Object.values(params), ...query.values(), ...fields.values()]
    if (texts.some((text) => text.includes('\0'))) throw new Refused(400, unreadable)
    const { user, address } = ctx.state as { user: User; address: string | undefined }
    return { user, params, query, fields, address }
  }
  const router = createConsoleRoutes(desk, visitOf, (ctx, visit, answer) => {
    respond(ctx, visit, answer)
    if (ctx.method !== 'POST' || ctx.path === '/search') return
    const { user, address } = visit
    log.info(
      { user: user.name, role: user.role, form: ctx.path, status: ctx.status, address },
      'an act at the console',
    )
  })
  app.use(answerErrors)
  app.use(letIn)
  app.use(refuseForged)
  app.use(serveAssets)
  app.use(refuseCompressed)
  app.use(bodyParser({ enableTypes: ['form'], formLimit: maxFormSize }))
  app.use((ctx, next) => takeTurn((ctx.state.user as User).name, () => passThrough(next)))
  app.use(router.routes())
  app.use(
    router.allowedMethods({
      throw: true,
      methodNotAllowed: () => new Refused(405, 'This page does not accept this method.'),
      notImplemented: () => new Refused(405, 'This page does not accept this method.'),
    }),
  )
  app.on('error', (error: unknown) =>
    log.warn({ error: describeError(error) }, 'a page of the console could not be sent'),
  )
  const handle = app.callback()
  return createHttpServer({
    listener: (request, response) => void handle(request, response),
    limits,
    report,
    brokenAnswer: () => brokenAnswer,
  }).server
}

function toRefused(error: unknown): Refused {
  if (error instanceof Refused) return error
  if (error instanceof StorageUnavailable)
    return new Refused(
      503,
      `The journal cannot be used just now: ${error.message}. Load the page again in a moment.`,
    )
  const status = error instanceof Error && 'status' in error ? Number(error.status) : undefined
  if (status === 413) return new Refused(413, 'The form is too large.')
  if (status !== undefined && status >= 400 && status < 500) return new Refused(400, unreadable)
  return new Refused(500, 'Something went wrong; the log says what. Load the page again in a moment.')
}

/** Undefined would be left out of the answer. */
function toJson(json: unknown): string {
  return `${JSON.stringify(json ?? null, null, 2)}\n`
}

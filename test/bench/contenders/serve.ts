import { createServer } from 'node:http'
import type Router from '@koa/router'
import Koa from 'koa'
import bodyParser from 'koa-bodyparser'
import { pino } from 'pino'
import { listen } from '../listen.ts'

/** Koa as the service uses it, and nothing more: one log line a request, the body parsed, the routes. */
export function serve(router: Router) {
  const log = pino(pino.destination({ sync: false }))
  const app = new Koa()
  app.use(async (ctx, next) => {
    const startedMs = performance.now()
    await next()
    log.info({ path: ctx.path, status: ctx.status, durationMs: performance.now() - startedMs }, 'request')
  })
  app.use(bodyParser())
  app.use(router.routes())

  const handle = app.callback()
  listen(createServer((request, response) => void handle(request, response)))
}

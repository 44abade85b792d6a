import Koa from 'koa'
import type { Middleware } from 'koa'
import { describeError, type Logger } from './observability/logger.ts'
import { createTracking, type TrackingDeps } from './observability/tracking.ts'
import { createDialectChoice } from './zonal/http/choose-dialect.ts'
import { createRefusalAnswers, type RefusalDeps } from './zonal/http/refusals.ts'
import { createRoutes, type RouteDeps } from './zonal/http/routes.ts'
import type { TillState } from './zonal/http/state.ts'

type Deps = {
  tracking: TrackingDeps
  capture: Middleware<TillState>
  refusals: Omit<RefusalDeps, 'log'>
  routes: RouteDeps
  log: Logger
}

/** The middleware that a till's request passes, in this order. */
export function createApp({ tracking, capture, refusals, routes, log }: Deps): Koa<TillState> {
  const { dialects, settings } = routes
  const app = new Koa<TillState>()
  app.use(createTracking(tracking))
  app.use(createDialectChoice({ dialects, basePath: settings.basePath }))
  app.use(capture)
  app.use(createRefusalAnswers({ ...refusals, log }))
  app.use(createRoutes(routes).routes())

  // Only for what goes wrong once the answer has begun: everything else is answered.
  app.on('error', (error: unknown) =>
    log.warn({ error: describeError(error) }, 'an answer could not be sent'),
  )
  return app
}

import Koa from 'koa'
import type { Middleware } from 'koa'
import { describeError, type Logger } from './observability/logger.ts'
import { createTracking, type TrackedState, type TrackingDeps } from './observability/tracking.ts'
import { createRefusalAnswers, type RefusalSettings } from './zonal/http/refusals.ts'
import { createRoutes, type RouteParts } from './zonal/http/routes.ts'

type Deps = {
  tracking: TrackingDeps
  refusals: RefusalSettings
  capture: Middleware<TrackedState>
  routes: RouteParts
  log: Logger
}

/** The middleware that a till's request passes, in this order. */
export function createApp({ tracking, refusals, capture, routes, log }: Deps): Koa<TrackedState> {
  const app = new Koa<TrackedState>()
  app.use(createTracking(tracking))
  app.use(capture)
  app.use(createRefusalAnswers(refusals, log))
  app.use(createRoutes(routes).routes())

  // Only for what goes wrong once the answer has begun: everything else is answered.
  app.on('error', (error: unknown) =>
    log.warn({ error: describeError(error) }, 'an answer could not be sent'),
  )
  return app
}

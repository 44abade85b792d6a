import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { createApi, routeOf } from './core/api.ts'
import { createCallLog, type CoreCall } from './core/call-log.ts'
import { demoProject } from './core/demo-project.ts'
import { createFaults } from './core/faults.ts'
import { startListener } from './core/listener.ts'
import type { Card, Project } from './core/project.ts'
import { createRateLimiter, publishedLimit, type RateLimit } from './core/rate-limit.ts'
import { CoreRefusal, refuse, type Answer, type ErrorForm } from './core/refusal.ts'

/** May be changed while it runs. */
export type CoreSettings = { errorForm: ErrorForm; limit: RateLimit | 'off' }

export type CoreOptions = Partial<CoreSettings> & {
  /** 0 takes a free one. */
  port?: number
  /** Copied: what happens later does not change them. Default: the demo project. */
  projects?: Project[]
  /** Epoch ms; decides about the limit and what has expired. */
  nowMs?: () => number
}

export type CoreSimulator = Awaited<ReturnType<typeof startCoreSimulator>>

/**
 * TRIFFT's side of `contracts/trifft-core.openapi.yaml` on a real port of 127.0.0.1: it keeps track of cards,
 * coupons and points, so that a test can ask what has really happened, whatever the caller was told.
 */
export async function startCoreSimulator(options: CoreOptions = {}) {
  const { port = 0, nowMs = Date.now, errorForm = 'nested', limit = publishedLimit } = options
  const settings: CoreSettings = { errorForm, limit }
  const projects = structuredClone(options.projects ?? [demoProject(nowMs())])
  const violations: string[] = []
  const log = createCallLog()
  const faults = createFaults()
  const api = createApi(projects, nowMs, (what) => violations.push(what))

  const exchange = createExchange({ api, log, faults, settings, nowMs })

  const listener = await startListener(port, (request, response) => {
    // Fails if a caller goes away in mid-body, or if a call that hangs is cut off at the end.
    exchange(request, response).catch(() => response.destroy())
  })

  return {
    url: `http://127.0.0.1:${listener.port}/v1`,
    settings,
    faults: { next: faults.next, clear: faults.clear, pending: faults.pending },
    calls: log.calls,
    call: log.find,
    watch: log.watch,
    /** Calls that an adapter must never make. */
    violations,
    /** @returns how many requests were refused because they were more than the limit, or came within its block */
    rateLimited: () => log.calls.filter(({ isOverLimit }) => isOverLimit).length,
    restoreByHand: api.restoreByHand,
    ...truth(projects, api.movements),
    /** Refuses connections, as a core that is down, until `comeBack`. Nothing is forgotten. */
    goAway: listener.goAway,
    comeBack: listener.comeBack,
    async close() {
      faults.close()
      await listener.close()
    },
  }
}

type Parts = {
  api: ReturnType<typeof createApi>
  log: ReturnType<typeof createCallLog>
  faults: ReturnType<typeof createFaults>
  settings: CoreSettings
  nowMs: () => number
}

/** Logs a request, counts it, lets a fault hit it if one is due, and answers it. */
function createExchange({ api, log, faults, settings, nowMs }: Parts) {
  const countRequest = createRateLimiter(nowMs)

  return async (request: IncomingMessage, response: ServerResponse) => {
    const { call, rest } = await readCall(request, nowMs())
    log.add(call)
    response.on('close', () => {
      if (!response.writableFinished) log.cutOff(call)
    })
    const send = ({ status, headers, body }: Answer) => {
      const reply = JSON.stringify(body)
      if (!call.isCutOff) log.answered(call, status, reply)
      response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', ...headers }).end(reply)
    }
    const { limit, errorForm: form } = settings
    const refusal = limit === 'off' ? undefined : countRequest(limit, rest.headers.authorization ?? '')
    call.isOverLimit = refusal !== undefined
    if (refusal) return send(refuse(refusal, form))

    const answer = () => attempt(form, () => api.answer({ ...call, ...rest }))
    const strike = faults.take(call.operation)
    return strike ? strike({ response, answer, form, send }) : send(answer())
  }
}

function truth(projects: Project[], movements: ReturnType<typeof createApi>['movements']) {
  const cards = (project?: string) =>
    projects.filter(({ name }) => project === undefined || name === project).flatMap(({ cards }) => cards)
  return {
    /** Of one project, or of all. */
    cards: (project?: string): readonly Card[] => cards(project),
    /** @returns the points of a card, in the first project that has it unless told; undefined without a wallet */
    points: (card: string, project?: string) => cards(project).find(({ id }) => id === card)?.wallet?.points,
    coupon: (userCouponId: string) =>
      cards()
        .flatMap(({ coupons }) => coupons)
        .find(({ id }) => id === userCouponId),
    /** @returns what has really happened, in order, under one reference or under all */
    movements: (reference?: string) =>
      movements.filter((movement) => reference === undefined || movement.reference === reference),
  }
}

async function readCall(request: IncomingMessage, atMs: number) {
  const { method = '', url: path = '' } = request
  const { pathname, searchParams: query } = new URL(path, 'http://core')
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  )
  const { operation, card } = routeOf(method, pathname)
  const { authorization: _, ...shown } = headers
  const call: CoreCall = { operation, method, path, headers: shown, body: await text(request), atMs }
  return { call, rest: { card, query, headers } }
}

function attempt(form: ErrorForm, answer: () => unknown): Answer {
  try {
    return { status: 200, body: answer() }
  } catch (error) {
    return refuse(error instanceof CoreRefusal ? error : new CoreRefusal('InternalErrorException'), form)
  }
}

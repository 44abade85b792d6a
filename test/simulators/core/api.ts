import { z } from 'zod'
import { createLedger, venuesOf } from './ledger.ts'
import type { Project } from './project.ts'
import { CoreRefusal } from './refusal.ts'

export const operations = ['venue', 'card', 'coupons', 'redeem', 'restore', 'debit', 'credit'] as const
export type Operation = (typeof operations)[number]

export type CoreRequest = {
  operation: Operation | undefined
  /** As the core has it, decoded. */
  card: string
  query: URLSearchParams
  headers: Record<string, string>
  body: string
}

const posts = ['redeem', 'restore', 'debit', 'credit'] as const
type Post = (typeof posts)[number]
const isPost = (operation: Operation): operation is Post => posts.some((post) => post === operation)

const routes: [method: string, path: RegExp, operation: Operation][] = [
  ['GET', /^\/v1\/venue$/, 'venue'],
  ['GET', /^\/v1\/card\/([^/]+)$/, 'card'],
  ['GET', /^\/v1\/card\/([^/]+)\/coupons$/, 'coupons'],
  ['POST', /^\/v1\/card\/([^/]+)\/coupon\/redeem$/, 'redeem'],
  ['POST', /^\/v1\/card\/([^/]+)\/coupon\/restore$/, 'restore'],
  ['POST', /^\/v1\/card\/([^/]+)\/points\/debit$/, 'debit'],
  ['POST', /^\/v1\/card\/([^/]+)\/points\/credit$/, 'credit'],
]

const order = {
  reference: z.string().min(1),
  venue_id_type: z.literal('CustomParam'),
  venue_id: z.string().regex(/^[^:]+:.+$/),
}
const couponOrder = z.strictObject({ ...order, user_coupon_id: z.string().min(1) })
const pointsOrder = z.strictObject({ ...order, points: z.int().positive() })

/** @returns which call this is; no operation if the core has no such route */
export function routeOf(method: string, path: string): Pick<CoreRequest, 'operation' | 'card'> {
  for (const [routeMethod, pattern, operation] of routes) {
    const match = pattern.exec(path)
    if (match && method === routeMethod) return { operation, card: decodeURIComponent(match[1] ?? '') }
  }
  return { operation: undefined, card: '' }
}

/**
 * The core's answers, without the wire.
 * @param violate is told of every request that breaks the contract: what an adapter must never send
 */
export function createApi(projects: Project[], nowMs: () => number, violate: (what: string) => void) {
  const ledger = createLedger(nowMs)
  const successes = new Map<string, { request: string; body: unknown }>()

  /** @returns the body of a 200; throws CoreRefusal */
  function answer(request: CoreRequest): unknown {
    const { operation } = request
    if (!operation) return refuseInvalid('RouteNotFoundException', 'a call that the core does not have')
    const { project, role } = authenticate(request)
    if (!isPost(operation)) return read(project, operation, request)
    if (role !== 'write') throw new CoreRefusal('AccessDeniedException')
    return once(project, operation, request)
  }

  function authenticate({ headers }: CoreRequest) {
    const key = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1]
    if (!key) return refuseInvalid('InvalidTokenException', 'no Bearer token')
    const project = projects.find(({ keys }) => Object.hasOwn(keys, key))
    const role = project?.keys[key]
    if (!project || !role || role === 'revoked') throw new CoreRefusal('InvalidTokenException')
    return { project, role }
  }

  function read(
    project: Project,
    operation: Exclude<Operation, Post>,
    { card, query }: CoreRequest,
  ): unknown {
    if (operation === 'card') return ledger.readCard(project, card)
    if (operation === 'coupons') return ledger.readCoupons(project, card, query.get('status'))
    const param = query.get('param')
    if (!param?.includes(':')) return refuseInvalid('ValidationException', 'venue: param must be slug:value')
    return venuesOf(project, param)
  }

  /** A success is answered again to the same `Idempotency-Key`; refusals are not remembered. */
  function once(project: Project, operation: Post, request: CoreRequest): unknown {
    const key = request.headers['idempotency-key']
    if (!key) return refuseInvalid('ValidationException', `${operation}: no Idempotency-Key`)
    const sameRequest = JSON.stringify([operation, request.card, request.body])
    const past = successes.get(`${project.name} ${key}`)
    if (past?.request === sameRequest) return past.body
    if (past)
      return refuseInvalid(
        'IdempotencyKeyReusedException',
        `${operation}: Idempotency-Key of another request`,
      )

    const body = move(project, operation, request)
    successes.set(`${project.name} ${key}`, { request: sameRequest, body })
    return body
  }

  function move(project: Project, operation: Post, request: CoreRequest): unknown {
    if (operation === 'redeem' || operation === 'restore') {
      const valid = parse(operation, couponOrder, request)
      refuseUnknownVenue(project, valid.venue_id)
      return ledger[operation](project, request.card, valid)
    }
    const valid = parse(operation, pointsOrder, request)
    refuseUnknownVenue(project, valid.venue_id)
    return ledger[operation](project, request.card, valid)
  }

  function parse<T>(operation: Post, schema: z.ZodType<T>, { headers, body }: CoreRequest): T {
    if (!headers['content-type']?.startsWith('application/json'))
      return refuseInvalid('ValidationException', `${operation}: content-type is not application/json`)
    const parsed = schema.safeParse(readJson(body))
    if (parsed.success) return parsed.data
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`)
    return refuseInvalid('ValidationException', `${operation}: ${problems.join('; ')}`)
  }

  function refuseInvalid(exception: CoreRefusal['exception'], message: string): never {
    violate(message)
    throw new CoreRefusal(exception, { message })
  }

  /** What customer care does, beside the API. */
  function restoreByHand(userCouponId: string) {
    for (const project of projects)
      for (const { id, coupons } of project.cards)
        if (coupons.some((coupon) => coupon.id === userCouponId))
          ledger.restoreByHand(project, id, userCouponId)
  }

  return { answer, restoreByHand, movements: ledger.movements }
}

function refuseUnknownVenue(project: Project, param: string) {
  if (venuesOf(project, param).length === 0) throw new CoreRefusal('VenueNotFoundException')
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

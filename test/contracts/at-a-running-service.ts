import type { CoreCall, Recording, TillRequest } from './recording.ts'

/**
 * A running service has its own settings and core, and what it is sent is done.
 * @param chain a recording, and before it those that it builds on
 * @returns why the chain should not be sent to one; undefined if it can
 */
export function whyNotAtARunningService(chain: Recording[]): string | undefined {
  const settings = chain.flatMap(({ settings }) => Object.entries(settings))
  if (settings.length > 0)
    return `it is about a service with ${settings.map(([name, value]) => `${name}=${value}`).join(' ')}`
  const odd = chain.flatMap(({ core }) => core).find((call) => !isOfAHealthyCore(call))
  return odd && `it is about a core that ${described(odd)}`
}

/**
 * @returns whether any of the chain may take something, give it back or hand in a bill. A message whose operation cannot be
 *   seen for sure counts as well: it is enough that one is mentioned
 */
export function mayMove(chain: Recording[]): boolean {
  return chain.some(({ request, core, event }) => {
    const isPosted = core.some((call) => call.request.method === 'POST')
    return isPosted || event !== null || mentionsMove(request)
  })
}

function mentionsMove({ path, headers, body }: TillRequest): boolean {
  return /debit|credit|ticket/i.test([path, ...Object.values(headers), body].join('\n'))
}

/** It does what it is asked, or has no such card. Whatever else it answers depends on its data, its state, or the key. */
function isOfAHealthyCore({ request, reply }: CoreCall): boolean {
  if ('fault' in reply) return false
  if (isAboutVenue(request)) return reply.status === 200 && Array.isArray(reply.body) && reply.body.length > 0
  return reply.status === 200 || (reply.status === 404 && request.method === 'GET')
}

function described({ request, reply }: CoreCall): string {
  if ('fault' in reply) return `does not answer (${reply.fault})`
  const what = isAboutVenue(request) ? 'the venue' : 'the card'
  return reply.status === 200 ? `does not know ${what}` : `answers ${reply.status} about ${what}`
}

function isAboutVenue({ path }: CoreCall['request']): boolean {
  return path.startsWith('/v1/venue')
}

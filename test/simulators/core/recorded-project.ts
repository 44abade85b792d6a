import { isDeepStrictEqual } from 'node:util'
import { mayMove, whyNotAtARunningService } from '../../contracts/at-a-running-service.ts'
import { dummy } from '../../contracts/exchange.ts'
import { readChain, readRecordings, recordingsFolder } from '../../contracts/recording.ts'
import type { Card, Project, Venue } from './project.ts'

/**
 * The project of which `contracts/recordings/` speaks, with the recordings' own key: its venue and cards are what the core
 * answers there. So a service in front of it answers as recorded.
 * @throws Error if two recordings that can be sent to one core differ about what it has
 */
export function recordedProject(): Project {
  const bodies = readBodies()
  const cards = [...bodies].flatMap(([path, card]) => {
    if (!/^\/v1\/card\/[^/]+$/.test(path)) return []
    return { ...(card as Card), coupons: bodies.get(`${path}/coupons?status=activated`) as Card['coupons'] }
  })
  return {
    name: 'the recordings',
    keys: { [dummy.apiKey]: 'write' },
    venues: bodies.get('/v1/venue?param=aztecVenueId:1902') as Venue[],
    cards,
  }
}

/** @returns what the core answers, by path */
function readBodies(): Map<string, unknown> {
  const bodies = new Map<string, unknown>()
  for (const recording of readRecordings(recordingsFolder)) {
    const chain = readChain(recordingsFolder, recording)
    if (mayMove(chain) || whyNotAtARunningService(chain)) continue
    for (const { request, reply } of chain.flatMap(({ core }) => core)) {
      if (!('status' in reply) || reply.status !== 200) continue
      if (!isDeepStrictEqual(bodies.get(request.path) ?? reply.body, reply.body))
        throw new Error(`${recording.file}: another recording has another answer to GET ${request.path}`)
      bodies.set(request.path, reply.body)
    }
  }
  return bodies
}

import { expect } from 'chai'
import { codes } from '../../src/model/refusal.ts'
import { isRecord } from './captured.ts'
import { createChecker, createContract, readDocument } from './documents.ts'
import { play, type Played } from './play.ts'
import { readRecordings, recordingsFolder, type Recording } from './recording.ts'

/** It takes many wrong keys, a full disk, a stop, or a bug of ours to get these. */
const neededMore = ['CREDENTIALS_LOCKED', 'STORAGE_UNAVAILABLE', 'STOPPING', 'INTERNAL_ERROR']

const posBase = '/zonal/v1'
const coreBase = '/v1'

describe('the recorded exchanges', () => {
  const problemsOf = createChecker()
  let pos: ReturnType<typeof createContract>
  let core: ReturnType<typeof createContract>
  let event: { headers: object; value: object }

  before(async () => {
    pos = createContract(await readDocument('zonal-izone.openapi.yaml'))
    core = createContract(await readDocument('trifft-core.openapi.yaml'))
    const message = (await readDocument('tickets.asyncapi.yaml')).components?.messages?.closed
    event = { headers: message?.traits?.[0]?.headers ?? {}, value: message?.payload?.schema ?? {} }
  })

  /** What was really sent must match the documents, also in what a recording does not compare. */
  function undocumented({ dialect, request }: Recording, { reply, coreRequests, events }: Played): string[] {
    const path = request.path.slice(posBase.length).replace(/\/$/, '') || '/'
    return [
      // The POS document is about JSON.
      ...(dialect === 'json' ? pos.problemsOfReply(request.method, path, reply) : []),
      ...coreRequests.flatMap(({ method, path, body }) =>
        core.problemsOfRequest(method, path.slice(coreBase.length).replace(/\?.*/, ''), body),
      ),
      ...events.flatMap(({ headers, value }) => [
        ...problemsOf(headers, event.headers),
        ...problemsOf(value, event.value),
      ]),
    ]
  }

  const recordings = readRecordings(recordingsFolder)

  it('have every code that a single exchange can lead to', () => {
    const shown = new Set(recordings.map(({ reply }) => isRecord(reply.body) && reply.body.code))
    expect(codes.filter((code) => !shown.has(code))).to.deep.equal(neededMore)
  })

  for (const recording of recordings)
    it(`${recording.file}: ${recording.name}`, async () => {
      const played = await play(recordingsFolder, recording)
      expect(played.problems).to.deep.equal([])
      expect(undocumented(recording, played), 'not as documented').to.deep.equal([])
    })
})

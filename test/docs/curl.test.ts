import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { startCoreSimulator, type CoreSimulator } from '../simulators/core.ts'
import { startControl } from '../simulators/core/control.ts'
import { markPending } from '../support/mark-pending.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { startTestService, type TestService } from '../support/test-service.ts'
import { findPages, readPage, type Fence } from './pages.ts'

const run = promisify(execFile)

const isCurl = ({ language, text }: Fence) => language === 'sh' && text.startsWith('curl ')
const pages = findPages()
  .map(readPage)
  .filter(({ fences }) => fences.some(isCurl))

describe('curl lines that a reader can paste', () => {
  it('are on these pages', () => {
    expect(pages.map(({ name }) => name)).to.have.members([
      'README.md',
      'contracts/messages.md',
      'contracts/metrics.md',
      'contracts/sandbox.md',
    ])
  })
})

for (const { name, fences } of pages)
  describe(`the curl lines of ${name}, from the first to the last,`, () => {
    useRealSockets()
    let core: CoreSimulator
    let control: Awaited<ReturnType<typeof startControl>>
    let service: TestService
    before(async function () {
      await run('curl', ['--version']).catch(() => markPending(this, 'curl cannot be run'))
      core = await startCoreSimulator()
      control = await startControl(core, 0)
      service = await startTestService({ CORE_BASE_URL: core.url })
    })
    after(async () => {
      await service?.end()
      await control?.close()
      await core?.close()
    })

    for (const [index, fence] of fences.entries()) {
      if (!isCurl(fence)) continue
      it(`get the answer that the page shows: ${fence.text.trim().replaceAll(/\s*\\\n\s*/g, ' ')}`, async () => {
        const command = fence.text
          .replace('http://127.0.0.1:8080', service.origin)
          .replace('http://127.0.0.1:9090', service.managementUrl)
          .replace('http://127.0.0.1:8082', control.url)
          .replace(/^curl -s /, 'curl -sS --fail ')
        const shown = fences[index + 1]
        const { stdout } = await run('sh', ['-c', command])
        if (shown?.language === 'json') expect(readReply(stdout)).to.deep.equal(readReply(shown.text))
        else expect(stdout.trim()).to.equal(shown?.text.trim())
      })
    }
  })

/** Values that differ each time, though their form does not. */
const changing: Record<string, RegExp> = {
  requestId: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  asOf: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  expires: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
  version: /^\d+\.\d+\.\d+/,
}

function readReply(json: string): unknown {
  return JSON.parse(json, (name, value: unknown) =>
    typeof value === 'string' && changing[name]?.test(value) ? `(${name})` : value,
  )
}

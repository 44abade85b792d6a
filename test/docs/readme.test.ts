import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { startCoreSimulator, type CoreSimulator } from '../simulators/core.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { startTestService, type TestService } from '../support/test-service.ts'
import { generate, generatedPages } from './generate.ts'
import { readPage } from './pages.ts'

const run = promisify(execFile)

for (const name of generatedPages)
  describe(name, () => {
    it('has the tables of the code (npm run docs writes them)', () => {
      const { text, fresh } = generate(name)
      expect(fresh).to.equal(text)
    })
  })

describe("the README's curl lines, from the first to the last", () => {
  useRealSockets()
  let core: CoreSimulator
  let service: TestService
  before(async function () {
    await run('curl', ['--version']).catch(() => this.skip())
    core = await startCoreSimulator()
    service = await startTestService({ CORE_BASE_URL: core.url })
  })
  after(async () => {
    await service?.end()
    await core?.close()
  })

  const { fences } = readPage('README.md')
  const isCurl = ({ language, text }: { language: string; text: string }) =>
    language === 'sh' && text.startsWith('curl ')

  it('are there', () => {
    expect(fences.filter(isCurl)).to.have.length.above(5)
  })

  for (const [index, fence] of fences.entries()) {
    if (!isCurl(fence)) continue
    it(`gives what is shown: ${fence.text.split('\n')[0]}`, async () => {
      const command = fence.text
        .replace('http://127.0.0.1:8080', service.origin)
        .replace('http://127.0.0.1:9090', service.managementUrl)
        .replace(/^curl -s /, 'curl -sS --fail ')
      const shown = fences[index + 1]
      const { stdout } = await run('sh', ['-c', command])
      if (shown?.language === 'json') expect(readReply(stdout)).to.deep.equal(readReply(shown.text))
      else expect(stdout.trim()).to.equal(shown?.text.trim())
    })
  }
})

/** What is another each time; its form is not. */
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

import { expect } from 'chai'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { withoutSecrets } from '../../src/observability/line-guard.ts'
import { createLogger } from '../../src/observability/logger.ts'

function lineOf(facts: object): Record<string, unknown> {
  const lines: string[] = []
  createLogger('info', { write: (line: string) => void lines.push(line) }).info(facts, 'a line')
  return JSON.parse(lines[0] ?? '')
}

const logger = new URL('../../src/observability/logger.ts', import.meta.url)
/** @returns arguments of a process of its own, which does this with its `log` */
const program = (act: string) => [
  '--input-type=module',
  '--eval',
  `import { createLogger } from '${logger.href}'; const log = createLogger('info'); ${act}`,
]

describe('a log line', () => {
  it('is written before its process ends, also if an error ends it', () => {
    for (const end of ['', 'process.exit(1)', "throw new Error('unexpected')"]) {
      const act = `for (let line = 0; line < 1000; line++) log.info({ line }, 'a line'); ${end}`
      const { stdout } = spawnSync(process.execPath, program(act), { encoding: 'utf8' })
      const lines = stdout
        .trim()
        .split('\n')
        .map((text) => (JSON.parse(text) as { line: number }).line)
      expect(lines, end).to.deep.equal([...Array(1000).keys()])
    }
  })

  it('is written while its process goes on, however few there are', async () => {
    const child = spawn(process.execPath, program("log.info('the only line'); setInterval(() => {}, 1000)"))
    try {
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
      expect(line).to.include('the only line')
    } finally {
      child.kill()
    }
  })

  it('cannot control a terminal, and masks payment cards, at any depth', () => {
    const line = lineOf({
      reason: 'a \u001b[2Jbell\u0007, \u202eright to left',
      list: [{ account: '4111 1111 1111 1111' }, '378282246310005', '4111111111111112'],
      id: '12345678-4123-8123-8123-123456789012',
    })
    expect(line.reason).to.equal('a \\u{1b}[2Jbell\\u{7}, \\u{202e}right to left')
    expect(line.list).to.deep.equal([{ account: '*1111' }, '*0005', '4111111111111112'])
    expect(line.id).to.equal('12345678-4123-8123-8123-123456789012')
  })

  it('has a limited length', () => {
    const line = lineOf({ text: 'x'.repeat(1_000_000), list: Array(100_000).fill('x'.repeat(10)) })
    expect(JSON.stringify(line).length).to.be.below(20_000)
    expect(line.text).to.match(/x… \(1000000 characters\)$/)
  })

  it('contains neither the key nor the card of its request, in any field and spelling', () => {
    const secrets = { apiKey: 'a-key-of-the-venue', cardNumber: 'CROWN1001' }
    const bounds = { text: 500, entries: 20, fields: 100, depth: 4 }
    const facts = {
      venue: 'A-KEY-OF-THE-VENUE',
      sourceAddress: 'fe80::1%a-key-of-the-venue',
      ticketId: Buffer.from('crown1001').toString('base64'),
      coreCalls: [{ operation: 'readCard', reason: 'no crown 1001 here', durationMs: 3 }],
      card: '*1001',
      // The diary keeps the line too, and relies on it being harmless.
      account: 'tab 4111 1111 1111 1111\u0007',
    }
    expect(withoutSecrets(facts, secrets, bounds)).to.deep.equal({
      venue: '(removed)',
      sourceAddress: '(removed)',
      ticketId: '(removed)',
      coreCalls: [{ operation: 'readCard', reason: '(removed)', durationMs: 3 }],
      card: '*1001',
      account: 'tab *1111\\u{7}',
    })
  })
})

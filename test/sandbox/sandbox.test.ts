import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { recordingsFolder } from '../contracts/recording.ts'
import { replay } from '../contracts/replay.ts'
import { demo } from '../simulators/core/demo-project.ts'
import { useKafka } from '../support/kafka-for-tests.ts'
import { markPending } from '../support/mark-pending.ts'
import { pendingWithoutPostgres } from '../support/postgres-for-tests.ts'
import { checkout } from './checkout.ts'

const run = promisify(execFile)
const script = new URL('sandbox.ts', import.meta.url).pathname

describe('npm run sandbox', function () {
  this.timeout(60_000)

  const expectWholeCheckout = (stdout: string) => {
    for (const { story } of checkout) expect(stdout).to.contain(story)
    expect(stdout).to.contain('each as it must be')
    expect(stdout).not.to.contain('\u001b')
    expect(stdout.split('\n').filter((line) => line.length > 100)).to.deep.equal([])
  }

  it('plays a whole checkout, prints it as plain text within 100 columns, and ends with 0', async () => {
    const { stdout, stderr } = await run(process.execPath, [script, '--once'])
    expect(stderr).to.equal('')
    expectWholeCheckout(stdout)
    expect(stdout).to.contain('zonal_tickets_waiting 1')
  })

  describe('with Kafka', () => {
    useKafka()
    it('shows the event as a consumer sees it', async () => {
      const { stdout } = await run(process.execPath, [script, '--once', '--kafka'])
      expectWholeCheckout(stdout)
      expect(stdout).to.contain('ce_type: com.trifftloyalty.zonal.ticket.closed.v1')
      expect(stdout).to.contain('"transaction_id":"B-77"')
    })
  })

  describe('with three replicas', () => {
    it('sends each message to another replica, on a real PostgreSQL', async function () {
      await pendingWithoutPostgres(this)
      const { stdout, stderr } = await run(process.execPath, [script, '--once', '--replicas', '3'])
      expect(stderr).to.equal('')
      expectWholeCheckout(stdout)
      expect(stdout).to.match(/^ +journal +postgres:/m)
      const replicas = [...stdout.matchAll(/from replica (\d)/g)].map(([, replica]) => replica)
      expect(replicas.join('')).to.equal('1231231')
      expect(stdout).to.contain('zonal_tickets_waiting 1')
    })

    it('says so if there is no PostgreSQL, and ends with 1', async () => {
      const env = { ...process.env, POSTGRES_BIN: '/nowhere' }
      const ended = await run(process.execPath, [script, '--once', '--replicas', '3'], { env }).catch(
        (error: { code: number; stderr: string }) => error,
      )
      expect(ended).to.include({ code: 1 })
      expect(ended.stderr).to.contain('/nowhere/postgres cannot be run').and.contain("Debian's postgresql")
    })
  })

  describe('when it keeps serving', () => {
    let sandbox: ChildProcess
    let printed = ''
    const more = new EventEmitter()
    before(async () => {
      sandbox = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
      const isServing = new Promise<void>((resolve) => {
        sandbox.stdout?.on('data', (chunk) => {
          printed += String(chunk)
          if (printed.includes('Ctrl-C ends it.')) resolve()
          more.emit('printed')
        })
      })
      await Promise.race([isServing, once(sandbox, 'exit')])
    })
    after(() => sandbox.kill('SIGKILL'))

    const answers: [what: string, answer: RegExp][] = [
      ["Anna's balance", /"name":"Anna K\."/],
      ['a card that nobody knows', /"code":"CARD_UNKNOWN"/],
      ['a member who is blocked', /"code":"MEMBER_BLOCKED"/],
      ['her coffee', /"response":"OK".*"entityCode":"10000000123"/],
      ['and given back', /"response":"OK".*"id":"uc-coffee"/],
      ['a coupon of another pub', /"code":"REWARD_NOT_FOR_VENUE"/],
      ['more points than she has', /"code":"POINTS_NOT_ENOUGH"/],
      ['a closed bill', /"accepted":true/],
      ['a key that is wrong', /"code":"CREDENTIALS_WRONG"/],
      ['is the address right?', /\d+\.\d+\.\d+/],
      ['its metrics', /^zonal_tickets_waiting/m],
    ]
    it('prints curl lines that work when pasted', async function () {
      await run('curl', ['--version']).catch(() => markPending(this, 'curl cannot be run'))
      for (const [what, answer] of answers) {
        const command = new RegExp(`^# ${RegExp.escape(what)}.*\n((?:.*\\\\\n)?.*)$`, 'm').exec(printed)?.[1]
        const { stdout } = await run('sh', ['-c', command ?? 'false'])
        expect(stdout, command).to.match(answer)
      }
    })

    it('tells in the terminal what else it is asked, and what is written down for it', async () => {
      const before = printed.length
      const [, url] = /adapter +(http:\S+)/.exec(printed) ?? []
      const body = JSON.stringify({
        cardNumber: 'CROWN1001',
        accountNumber: '4799',
        points: 30,
        transactionId: 'T-N',
      })
      const authorization = `Basic ${Buffer.from(`${demo.venueId}:${demo.apiKey}`).toString('base64')}`
      const headers = { 'content-type': 'application/json', authorization }
      await (await fetch(`${url}/debit`, { method: 'POST', headers, body })).text()
      while (!printed.slice(before).includes('the till has its OK')) await once(more, 'printed')
      expect(printed.slice(before))
        .to.match(/POST \/zonal\/v1\/debit/)
        .and.match(/POST \/v1\/card\/CROWN1001\/points\/debit → 200/)
        .and.match(/till hears +200 OK/)
        .and.match(/│ +30 points taken +1,220 now +│/)
        .and.match(/written down +redemption [0-9a-f]{8}: about to be taken/)
    })

    it('prints an address to open in a browser', async () => {
      const [, page = ''] = /in a browser, .*: (http:\S+)/.exec(printed) ?? []
      expect(await (await fetch(page)).text())
        .to.contain('On the wire')
        .and.contain('Anna Kovac')
    })

    it('shows no differences to the recordings', async () => {
      const [, url = ''] = /adapter +(http:\S+)/.exec(printed) ?? []
      const lines: string[] = []
      expect(
        await replay([recordingsFolder, '--url', url], (line) => lines.push(line)),
        lines.join('\n'),
      ).to.equal(0)
    })

    it('ends with 0 on Ctrl-C', async () => {
      const ended = once(sandbox, 'exit')
      sandbox.kill('SIGINT')
      expect(await ended).to.deep.equal([0, null])
    })
  })
})

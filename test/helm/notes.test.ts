import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { root } from '../docs/pages.ts'
import {
  at,
  chartFolder,
  everything,
  needed,
  only,
  postgres,
  postgresEverything,
  release,
  render,
  useHelm,
} from './chart.ts'

describe('the notes of the chart', () => {
  useHelm()
  let folder: string
  before(() => {
    // Helm shows them to a cluster only; included by a manifest they are rendered all the same.
    folder = mkdtempSync(join(tmpdir(), 'adapter-chart-'))
    cpSync(chartFolder, folder, { recursive: true })
    const page = '{{ include (print $.Template.BasePath "/NOTES.txt") . | toJson }}'
    writeFileSync(join(folder, 'templates/notes.yaml'), `{ kind: Notes, metadata: { name: n, labels: {} }, text: ${page} }\n`) // prettier-ignore
  })
  after(() => folder && rmSync(folder, { recursive: true }))

  const notes = (values: object = {}, files = [needed]) =>
    String(at(only(render(values, { files, chart: folder }), 'Notes'), 'text'))

  it('say which image the nodes must be able to pull', () => {
    expect(notes()).to.contain('zonal-loyalty-adapter:0.1.0: without image.registry')
    expect(notes({ image: { registry: 'r.example.com' } })).to.contain(
      'r.example.com/zonal-loyalty-adapter:0.1.0.',
    )
  })

  it('ask for a digest if a tag may be moved, and say who may come in', () => {
    const digest = `sha256:${'0'.repeat(64)}`
    expect(notes())
      .to.contain('image.digest')
      .and.contain('Only ingress-nginx may reach them, only monitoring the metrics')
    expect(notes({ image: { digest } })).not.to.contain('image.digest')
    expect(notes({ networkPolicy: { enabled: false } })).to.contain('!!! NO NETWORK POLICY')
  })

  it('say how to create the Secret, under the names that it is given', () => {
    const text = notes({ secret: { name: 'keys', journalKey: 'a', cardHashKey: 'b' } })
    expect(text).to.contain('kubectl -n tills create secret generic keys')
    expect(text).to.contain('--from-literal=a="$(openssl rand -base64 32)"')
    expect(text).to.contain('--from-literal=b="$(openssl rand -base64 32)"')
  })

  it('say which other Secrets are needed, and how to create the topic', () => {
    const text = notes({ kafka: { topic: 'bills' } }, [needed, everything])
    expect(text)
      .to.contain('Secret kafka-ca has to be there')
      .and.contain('Secret kafka-user has to be there')
    expect(text).to.contain('--bootstrap-server kafka-1.example.com:9093 --create --topic bills')
    expect(text).to.contain('min.insync.replicas=2')
    expect(text).not.to.contain('!!!')
  })

  it('say how to create the Secret of the database, under the names that it is given, and which others are needed', () => {
    const alone = notes({}, [needed, postgres])
    expect(alone).to.contain('kubectl -n tills create secret generic database \\\n')
    expect(alone).to.contain('--from-literal=JOURNAL_URL=postgres://USER@HOST:PORT/DATABASE \\\n')
    expect(alone).to.match(/--from-file=JOURNAL_PASSWORD=\S+\n/)
    expect(alone).not.to.contain('JOURNAL_LISTEN_URL')
    const several = notes({}, [needed, postgresEverything])
    expect(several).to.contain('--from-literal=JOURNAL_LISTEN_URL=postgres://')
    expect(several).not.to.contain('--from-file')
    for (const name of ['database-user', 'database-ca'])
      expect(several).to.contain(`Secret ${name} has to be there`)
    expect(notes()).not.to.contain('database')
  })

  it('warn if tickets go nowhere, and if there are no alerts', () => {
    expect(notes()).to.contain('!!! NO BROKERS').and.contain('Alerts are off')
    expect(notes({}, [needed, everything])).not.to.contain('Alerts are off')
  })

  it('say which address the tills need', () => {
    expect(notes()).to.contain('\n     https://loyalty.example.com/zonal/v1\n')
    expect(notes({ ingress: { tls: { enabled: false } } })).to.contain('http://loyalty.example.com/zonal/v1')
    expect(notes({ ingress: { enabled: false, host: '' } })).to.contain('There is no Ingress')
  })

  it('say how to open the console, and how to make its users', () => {
    const enabled = { enabled: true, usersSecret: { name: 'people', key: 'list' }, port: 8099 }
    for (const files of [[needed], [needed, postgres]]) {
      const text = notes({ console: enabled }, files)
      expect(text)
        .to.contain('The console is at http://127.0.0.1:8099 while this runs:')
        .and.contain(`kubectl -n tills port-forward service/${release}-console 8099\n`)
        .and.contain('zonal-loyalty-adapter:0.1.0 node dist/commands/console-password.js NAME ROLE\n')
        .and.contain('kubectl -n tills create secret generic people --from-file=list=')
      expect(notes({}, files)).not.to.match(/console/i)
    }
    const text = notes({}, [needed, everything])
    expect(text).to.contain(
      'The console is at https://console.example.com, and at http://127.0.0.1:8088 while',
    )
  })

  it('warn that anyone may try passwords at the console if there is no policy', () => {
    const networkPolicy = { enabled: false }
    expect(notes({ networkPolicy })).not.to.contain('passwords')
    const withConsole = { networkPolicy, console: { enabled: true, usersSecret: { name: 'people' } } }
    expect(notes(withConsole)).to.contain('and the metrics, and try passwords at the console.')
  })

  for (const { files, workload, pod } of [
    { files: [needed], workload: `statefulset/${release}`, pod: `${release}-0` },
    { files: [needed, postgres], workload: `deployment/${release}`, pod: `deployment/${release}` },
  ])
    it(`have commands that exist, in a pod that exists, for ${workload}`, () => {
      const text = notes({}, files)
      const commands = [...text.matchAll(/exec (\S+) -c (\S+) -- node dist\/(\S+)\.js/g)]
      expect(commands).to.have.length(3)
      for (const [, where, container, command] of commands) {
        expect([where, container]).to.deep.equal([pod, 'adapter'])
        expect(existsSync(new URL(`src/${command}.ts`, root)), command).to.equal(true)
      }
      const rollouts = [...text.matchAll(/rollout \w+ (\S+)/g)].map(([, name]) => name)
      expect(rollouts).to.deep.equal([workload, workload])
    })
})

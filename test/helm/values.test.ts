import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { variables } from '../../src/config/variables.ts'
import { readChartValues } from '../docs/chart-values.ts'
import { chartFolder, needed, refusal, useHelm } from './chart.ts'

type Schema = {
  $ref?: string
  type?: string | string[]
  properties?: Record<string, Schema>
  additionalProperties?: unknown
  items?: Schema
  enum?: unknown[]
  minimum?: number
  maximum?: number
}

const schema = JSON.parse(readFileSync(join(chartFolder, 'values.schema.json'), 'utf8')) as Schema & {
  definitions: Record<string, Schema>
}
const values = parse(readFileSync(join(chartFolder, 'values.yaml'), 'utf8')) as {
  config: Record<string, unknown>
  journal: { pool: number }
}

/** A release that is part of another chart is given this by Helm. */
const byHelm = ['global']
/** A pod must know its ports, so a free one cannot be taken. */
const narrowerThanTheService = ['PORT', 'MANAGEMENT_PORT']

describe('values.schema.json', () => {
  it('has exactly the values of values.yaml', () => {
    const known = pathsOf(schema)
    const paths = readChartValues().flatMap((section) => section.values.map(({ path }) => path))
    const isAmong = (list: string[], path: string) =>
      list.some((each) => each === path || `${each}.`.startsWith(`${path}.`) || path.startsWith(`${each}.`))
    for (const path of paths) expect(isAmong(known, path), path).to.equal(true)
    // What values.yaml need not name: parts of a value that Kubernetes defines.
    const ofKubernetes = /^(podSecurityContext|securityContext)\./
    for (const path of known)
      if (!byHelm.includes(path) && !ofKubernetes.test(path))
        expect(isAmong(paths, path), path).to.equal(true)
  })

  it('refuses unknown names in every object', () => {
    for (const { path, part } of objectsOf(schema))
      if (part.properties) expect(part.additionalProperties, path).to.equal(false)
  })

  it('accepts for each variable what the service accepts', () => {
    const { config, journal } = schema.properties ?? {}
    const parts = { ...config?.properties, JOURNAL_POOL: journal?.properties?.pool ?? {} }
    const defaults: Record<string, unknown> = { ...values.config, JOURNAL_POOL: values.journal.pool }
    for (const [name, part] of Object.entries(parts).map(resolved)) {
      const takes = (value: unknown) =>
        variables[name as keyof typeof variables].schema.safeParse(String(value)).success
      const { minimum, maximum, enum: choices = [] } = part
      const taken = [defaults[name], minimum, maximum, ...choices]
      for (const value of taken.filter((each) => each !== undefined && each !== ''))
        expect(takes(value), `${name}=${String(value)}`).to.equal(true)
      if (narrowerThanTheService.includes(name)) continue
      if (minimum !== undefined) expect(takes(minimum - 1), `${name} below ${minimum}`).to.equal(false)
      if (maximum !== undefined) expect(takes(maximum + 1), `${name} above ${maximum}`).to.equal(false)
    }
  })
})

describe('helm refuses', () => {
  useHelm()

  const refused: [what: string, values: object, reason: RegExp][] = [
    ['a typo at the top', { ingres: {} }, /'ingres' not allowed/],
    ['a typo in a section', { kafka: { broker: [] } }, /'broker' not allowed/],
    ['a typo in a variable', { config: { POS_DEADLINE: 1 } }, /'POS_DEADLINE' not allowed/],
    ['a typo deep down', { networkPolicy: { toCore: [{ ipBlok: {} }] } }, /'ipBlok' not allowed/],
    ['a typo in a security context', { securityContext: { readOnlyRootFileSystem: true } }, /not allowed/],
    ['zero replicas', { replicas: 0 }, /\/replicas/],
    ['replicas as text', { replicas: '3' }, /\/replicas/],
    ['an unknown kind of journal', { journal: { kind: 'mysql' } }, /\/journal\/kind/],
    ['a password among the values', { journal: { password: 'secret' } }, /'password' not allowed/],
    ['a pool of one connection', { journal: { pool: 1 } }, /\/journal\/pool/],
    ['a database without a port', { networkPolicy: { databasePorts: [] } }, /databasePorts/],
    ['an unknown kind of spread', { topologySpread: { whenUnsatisfiable: 'Never' } }, /whenUnsatisfiable/],
    ['a number as text', { config: { PORT: '8080' } }, /\/config\/PORT/],
    ['text as a number', { image: { tag: 1.1 } }, /\/image\/tag/],
    ['a switch as text', { ingress: { enabled: 'yes' } }, /\/ingress\/enabled/],
    ['a venue without a time zone', { config: { VENUE_TIME_ZONES: '1902' } }, /\/config\/VENUE_TIME_ZONES/],
    ['brokers as one text', { kafka: { brokers: 'a:1,b:2' } }, /\/kafka\/brokers/],
    ['a broker without a port', { kafka: { brokers: ['kafka'] } }, /\/kafka\/brokers\/0/],
    ['a deadline longer than any till waits', { config: { POS_DEADLINE_MS: 60_001 } }, /POS_DEADLINE_MS/],
    ['a limit of one call, since a balance takes two', { config: { CORE_RATE_LIMIT: 1 } }, /CORE_RATE_LIMIT/],
    ['a host with a scheme', { ingress: { host: 'https://loyalty.example.com' } }, /\/ingress\/host/],
    ['a core with credentials', { config: { CORE_BASE_URL: 'https://user:pw@core/v1' } }, /CORE_BASE_URL/],
    ['a journal without a folder', { config: { JOURNAL_PATH: '/journal.sqlite' } }, /JOURNAL_PATH/],
    ['an invalid size', { persistence: { size: '4 GB' } }, /\/persistence\/size/],
    ['a volume that many pods mount', { persistence: { accessMode: 'ReadWriteMany' } }, /accessMode/],
    ['a short digest', { image: { digest: 'sha256:0f1e' } }, /\/image\/digest/],
    ['a CA without TLS', { kafka: { tls: { caSecret: { name: 'ca' } } } }, /\/kafka\/tls\/enabled/],
    ['a user without a mechanism', { kafka: { sasl: { username: 'adapter' } } }, /\/kafka\/sasl\/mechanism/],
    ['more than all traces', { tracing: { sampleRatio: 1.1 } }, /\/tracing\/sampleRatio/],
    ['a collector without a scheme', { tracing: { endpoint: 'collector:4318' } }, /\/tracing\/endpoint/],
    ['a console on every port', { console: { port: 0 } }, /\/console\/port/],
    ['users among the values', { console: { users: 'dana:operator:…' } }, /'users' not allowed/],
    [
      'a console with a scheme',
      { console: { ingress: { host: 'https://a.example.com' } } },
      /console\/ingress\/host/,
    ],
    ['a policy without DNS', { networkPolicy: { dnsPorts: [] } }, /dnsPorts/],
    [
      'alerts without the address of the runbooks',
      { alerts: { enabled: true } },
      /alerts.runbookBaseUrl is needed/,
    ],
  ]
  for (const [what, wrong, reason] of refused)
    it(`${what}`, () => {
      expect(refusal(wrong)).to.match(reason)
    })

  it('a release without a Secret or a host', () => {
    const networkPolicy = { ingressNamespace: 'ingress-nginx', prometheusNamespace: 'monitoring' }
    expect(refusal({ networkPolicy }, { files: [] })).to.match(/secret.name is needed|ingress.host is needed/)
    expect(refusal({ networkPolicy, secret: { name: 'keys' } }, { files: [] })).to.contain(
      'ingress.host is needed',
    )
    expect(refusal({ networkPolicy, ingress: { host: 'a.example.com' } }, { files: [] })).to.contain(
      'secret.name is needed',
    )
  })

  it('neither the values of a parent chart nor those that OpenShift needs', () => {
    const onOpenShift = { podSecurityContext: { runAsUser: null, runAsGroup: null, fsGroup: null } }
    expect(refusal({ global: { region: 'uk' }, ...onOpenShift }, { files: [needed] })).to.equal('')
  })
})

/** Paths of all leaves. */
function pathsOf(part: Schema, prefix = ''): string[] {
  return Object.entries(part.properties ?? {})
    .map(resolved)
    .flatMap(([name, child]) =>
      child.properties ? pathsOf(child, `${prefix}${name}.`) : [`${prefix}${name}`],
    )
}

function objectsOf(part: Schema, path = 'values'): { path: string; part: Schema }[] {
  const children = Object.entries({ ...part.properties, ...(part.items && { items: part.items }) }).map(
    resolved,
  )
  return [{ path, part }, ...children.flatMap(([name, child]) => objectsOf(child, `${path}.${name}`))]
}

function resolved([name, part]: [string, Schema]): [string, Schema] {
  const target = part.$ref?.replace('#/definitions/', '')
  return [name, target === undefined ? part : (schema.definitions[target] ?? {})]
}

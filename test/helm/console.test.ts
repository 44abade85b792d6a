import { expect } from 'chai'
import {
  at,
  containerOf,
  journals,
  only,
  podOf,
  release,
  render,
  useHelm,
  workloadOf,
  type Rendered,
} from './chart.ts'
import { configOf, environmentOf, secretFilesOf, secretFolder } from './environment.ts'

const name = `${release}-console`
const enabled = { enabled: true, usersSecret: { name: 'people' } }
const open = { ...enabled, ingress: { enabled: true, host: 'console.example.com' } }
const company = { ipBlock: { cidr: '10.1.0.0/16' } }
const fromCompany = { networkPolicy: { fromOperators: [company] } }

for (const { journal, files } of journals)
  describe(`the console in the chart, with ${journal},`, () => {
    useHelm()

    const withConsole = (values: object = {}) => render({ console: enabled, ...values }, { files })

    it('is off by default: no port, no variable, no Service', () => {
      const rendered = render({}, { files })
      expect(portNamesOf(rendered)).to.deep.equal(['http', 'management'])
      expect(Object.keys(configOf(rendered)).filter((name) => name.startsWith('CONSOLE_'))).to.deep.equal([])
      expect(rendered.manifests.map(({ metadata }) => metadata.name)).not.to.include(name)
    })

    it('has a port of its own, which the service is told', () => {
      const rendered = withConsole({ console: { ...enabled, port: 8099 } })
      expect(at(containerOf(rendered), 'ports.2')).to.deep.equal({ name: 'console', containerPort: 8099 })
      expect(configOf(rendered)).to.include({ CONSOLE_PORT: '8099' })
    })

    it('has its users in a file that can only be read, and in no variable', () => {
      const rendered = withConsole({ console: { ...enabled, usersSecret: { name: 'people', key: 'list' } } })
      expect(secretFilesOf(rendered)).to.deep.include({ name: 'people', key: 'list', path: 'CONSOLE_USERS' })
      expect(environmentOf(rendered)).to.include({ CONSOLE_USERS_FILE: `${secretFolder}/CONSOLE_USERS` })
      expect(at(containerOf(rendered), 'volumeMounts')).to.deep.include({
        name: 'secrets',
        mountPath: secretFolder,
        readOnly: true,
      })
      expect(rendered.text).not.to.contain('secretKeyRef')
    })

    it('reads its users only while it is enabled, so that their Secret may be missing before', () => {
      const rendered = render({ console: { ...enabled, enabled: false } }, { files })
      expect(secretFilesOf(rendered).map(({ path }) => path)).not.to.include('CONSOLE_USERS')
    })

    it('replaces the pod if it is enabled, and not if only its Ingress changes', () => {
      expect(podOf(withConsole())).not.to.deep.equal(podOf(render({}, { files })))
      expect(podOf(withConsole({ console: open, ...fromCompany }))).to.deep.equal(podOf(withConsole()))
    })

    it("has a Service of its own, which no node's port leads to, also if one leads to that of the tills", () => {
      const rendered = withConsole({ service: { type: 'NodePort' } })
      const service = at(only(rendered, 'Service', name), 'spec')
      expect(service).to.deep.equal({
        type: 'ClusterIP',
        selector: at(workloadOf(rendered), 'spec.selector.matchLabels'),
        ports: [{ name: 'console', port: 8088, targetPort: 'console', appProtocol: 'http' }],
      })
      expect(at(only(rendered, 'Service', release), 'spec.ports')).to.have.length(1)
    })

    it('is reached by nobody until somebody is named', () => {
      const policyOf = (values: object) => at(only(withConsole(values), 'NetworkPolicy'), 'spec.ingress')
      expect(policyOf({})).to.deep.equal(at(only(render({}, { files }), 'NetworkPolicy'), 'spec.ingress'))
      expect(rulesFor(8088, policyOf({}))).to.deep.equal([])
      expect(rulesFor(8088, policyOf(fromCompany))).to.deep.equal([
        { ports: [{ port: 8088 }], from: [company] },
      ])
    })

    it('is not opened by a peer that is named while it is off', () => {
      const policy = only(render(fromCompany, { files }), 'NetworkPolicy')
      expect(at(policy, 'spec.ingress')).to.have.length(2)
    })
  })

describe("the console's Ingress", () => {
  useHelm()

  const ingressOf = (console: object, values: object = {}) =>
    only(render({ console, ...fromCompany, ...values }), 'Ingress', name)

  it('is left out unless it is asked for', () => {
    const names = render({ console: enabled }).manifests.map(({ kind, metadata }) => [kind, metadata.name])
    expect(names).not.to.deep.include(['Ingress', name])
  })

  it('leads to the console, with TLS, and leaves that of the tills as it is', () => {
    const ingress = ingressOf(open)
    expect(at(ingress, 'metadata.annotations')).to.equal(undefined)
    expect(at(ingress, 'spec')).to.deep.equal({
      tls: [{ hosts: ['console.example.com'], secretName: `${name}-tls` }],
      rules: [
        {
          host: 'console.example.com',
          http: {
            paths: [
              { path: '/', pathType: 'Prefix', backend: { service: { name, port: { name: 'console' } } } },
            ],
          },
        },
      ],
    })
    const ofTills = (console: object) => only(render({ console, ...fromCompany }), 'Ingress', release)
    expect(ofTills(open)).to.deep.equal(ofTills({}))
  })

  it('may have a class, annotations, another certificate, or no TLS', () => {
    const annotations = { 'example.com/allow': '10.0.0.0/8' }
    const tls = { secretName: 'wildcard' }
    const ingress = ingressOf({
      ...open,
      ingress: { ...open.ingress, className: 'internal', annotations, tls },
    })
    expect(at(ingress, 'metadata.annotations')).to.deep.equal(annotations)
    expect(at(ingress, 'spec.ingressClassName')).to.equal('internal')
    expect(at(ingress, 'spec.tls.0.secretName')).to.equal('wildcard')
    const plain = ingressOf({ ...open, ingress: { ...open.ingress, tls: { enabled: false } } })
    expect(at(plain, 'spec')).to.have.all.keys('rules')
  })

  it('needs no Ingress of the tills', () => {
    const ingress = ingressOf(open, { ingress: { enabled: false, host: '' } })
    expect(at(ingress, 'spec.rules.0.host')).to.equal('console.example.com')
  })
})

function portNamesOf(rendered: Rendered): string[] {
  return (at(containerOf(rendered), 'ports') as { name: string }[]).map(({ name }) => name)
}

function rulesFor(port: number, rules: unknown): unknown[] {
  return (rules as { ports?: { port: number }[] }[]).filter(
    ({ ports }) => !ports || ports.some((each) => each.port === port),
  )
}

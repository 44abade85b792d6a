import { expect } from 'chai'
import {
  at,
  everything,
  journals,
  needed,
  only,
  postgres,
  refusal,
  release,
  render,
  useHelm,
  workloadOf,
} from './chart.ts'

const testPod = {
  podSelector: {
    matchLabels: {
      'app.kubernetes.io/name': 'zonal-loyalty-adapter',
      'app.kubernetes.io/instance': 'loyalty',
      'app.kubernetes.io/component': 'test',
    },
  },
}
const ofNamespace = (name: string) => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
})
const monitoring = ofNamespace('monitoring')
const ingressNginx = ofNamespace('ingress-nginx')
const closed = { networkPolicy: { ingressNamespace: '', prometheusNamespace: '' } }

describe('the ingress', () => {
  useHelm()

  it('serves the base path, with TLS, for any ingress controller', () => {
    const ingress = only(render(), 'Ingress')
    expect(at(ingress, 'metadata.annotations')).to.equal(undefined)
    expect(at(ingress, 'spec')).to.deep.equal({
      tls: [{ hosts: ['loyalty.example.com'], secretName: `${release}-tls` }],
      rules: [
        {
          host: 'loyalty.example.com',
          http: {
            paths: [
              {
                path: '/zonal/v1',
                pathType: 'Prefix',
                backend: { service: { name: release, port: { name: 'http' } } },
              },
            ],
          },
        },
      ],
    })
  })

  it('may have a class, and follows the base path', () => {
    const rendered = render({ ingress: { className: 'nginx', tls: { secretName: 'wildcard' } }, config: { BASE_PATH: '/pos' } }) // prettier-ignore
    const ingress = only(rendered, 'Ingress')
    expect(at(ingress, 'spec.ingressClassName')).to.equal('nginx')
    expect(at(ingress, 'spec.tls.0.secretName')).to.equal('wildcard')
    expect(at(ingress, 'spec.rules.0.http.paths.0.path')).to.equal('/pos')
  })

  it('can be switched off, and then needs no host', () => {
    const { manifests } = render({ ingress: { enabled: false, host: '' } })
    expect(manifests.map(({ kind }) => kind)).not.to.include('Ingress')
  })

  it('counts as one trusted proxy', () => {
    expect(at(only(render(), 'ConfigMap'), 'data.TRUSTED_PROXIES')).to.equal('1')
  })

  for (const { journal, files } of journals)
    it(`leads to the pods of the service, never to that of helm test, with ${journal}`, () => {
      const rendered = render({}, { files })
      const pod = at(workloadOf(rendered), 'spec.template.metadata.labels') as Record<string, string>
      const test = only(rendered, 'Pod').metadata.labels
      for (const name of [release, `${release}-management`]) {
        const selector = at(only(rendered, 'Service', name), 'spec.selector') as Record<string, string>
        expect(pod).to.include(selector)
        expect(test).not.to.include(selector)
      }
    })

  it('is not for the management port, which has its own Service, also before the pod is ready', () => {
    const service = at(only(render(), 'Service', `${release}-management`), 'spec')
    expect(service).to.include({ clusterIP: 'None', publishNotReadyAddresses: true })
    expect(at(service, 'ports')).to.deep.equal([
      { name: 'management', port: 9090, targetPort: 'management', appProtocol: 'http' },
    ])
  })
})

describe('the NetworkPolicy', () => {
  useHelm()

  const policyOf = (values: object = {}, files = [needed]) =>
    at(only(render(values, { files }), 'NetworkPolicy'), 'spec') as { ingress: unknown[]; egress: unknown[] }

  for (const { journal, files } of journals)
    it(`applies to the pods, in both directions, with ${journal}`, () => {
      const rendered = render({}, { files })
      expect(at(only(rendered, 'NetworkPolicy'), 'spec')).to.deep.include({
        policyTypes: ['Ingress', 'Egress'],
        podSelector: { matchLabels: at(workloadOf(rendered), 'spec.selector.matchLabels') },
      })
    })

  it('lets in the ingress controller and Prometheus by their namespaces, and the pod of helm test', () => {
    expect(policyOf().ingress).to.deep.equal([
      { ports: [{ port: 8080 }], from: [ingressNginx, testPod] },
      { ports: [{ port: 9090 }], from: [monitoring, testPod] },
    ])
  })

  it('lets in any other peers that are named, with or without these', () => {
    const node = { ipBlock: { cidr: '10.0.0.0/16' } }
    const other = { fromIngress: [node], fromPrometheus: [node] }
    expect(policyOf({ networkPolicy: other }).ingress.map((rule) => at(rule, 'from'))).to.deep.equal([
      [ingressNginx, node, testPod],
      [monitoring, node, testPod],
    ])
    const alone = { networkPolicy: { ...closed.networkPolicy, ...other } }
    expect(policyOf(alone).ingress.map((rule) => at(rule, 'from'))).to.deep.equal([
      [node, testPod],
      [node, testPod],
    ])
  })

  it('lets nobody in by default, and the chart asks who may come in', () => {
    expect(refusal(closed)).to.match(/networkPolicy\.(ingress|prometheus)Namespace is needed/)
    expect(refusal({ networkPolicy: { ingressNamespace: '' } })).to.contain(
      "networkPolicy.ingressNamespace is needed: the namespace of the ingress controller, which may reach the tills' port",
    )
    expect(refusal({ networkPolicy: { prometheusNamespace: '' } })).to.contain(
      'networkPolicy.prometheusNamespace is needed: the namespace of Prometheus, which may reach the management port',
    )
  })

  it('does not ask for Prometheus if nothing is scraped, nor for anybody if there is no policy', () => {
    const unwatched = { metrics: { scrape: 'none' }, networkPolicy: { prometheusNamespace: '' } }
    expect(at(policyOf(unwatched).ingress[1], 'from')).to.deep.equal([testPod])
    expect(refusal({ networkPolicy: { ...closed.networkPolicy, enabled: false } })).to.equal('')
  })

  it('allows calls to DNS and TRIFFT, and to no broker if there is none', () => {
    expect(policyOf().egress).to.deep.equal([
      {
        ports: [
          { port: 53, protocol: 'UDP' },
          { port: 53, protocol: 'TCP' },
        ],
      },
      { ports: [{ port: 443 }] },
    ])
  })

  it('allows calls to the ports of the core and the brokers, each named once', () => {
    const brokers = ['a.example.com:9093', 'b.example.com:9093', 'c.example.com:9094']
    const portsTo = (url: string) =>
      policyOf({ config: { CORE_BASE_URL: url }, kafka: { brokers } }).egress.slice(1).map((rule) => at(rule, 'ports')) // prettier-ignore
    const kafka = [{ port: 9093 }, { port: 9094 }]
    expect(portsTo('https://api.trifft.io/v1')).to.deep.equal([[{ port: 443 }], kafka])
    expect(portsTo('http://core.test')).to.deep.equal([[{ port: 80 }], kafka])
    expect(portsTo('http://core.test:8081/v1')).to.deep.equal([[{ port: 8081 }], kafka])
  })

  it('allows calls to the database, at the ports and peers that are named', () => {
    const toDatabase = [{ ipBlock: { cidr: '10.1.2.0/24' } }]
    const ruleOf = (networkPolicy: object) => policyOf({ networkPolicy }, [needed, postgres]).egress.slice(2)
    expect(ruleOf({})).to.deep.equal([{ ports: [{ port: 5432 }] }])
    expect(ruleOf({ toDatabase, databasePorts: [6432, 5432] })).to.deep.equal([
      { ports: [{ port: 6432 }, { port: 5432 }], to: toDatabase },
    ])
  })

  it('allows calls to the collector of traces, at the port of its address, and to the peers that are named', () => {
    const ruleOf = (endpoint: string, networkPolicy = {}) =>
      policyOf({ tracing: { endpoint }, networkPolicy }).egress.slice(2)
    expect(ruleOf('http://collector:4318')).to.deep.equal([{ ports: [{ port: 4318 }] }])
    expect(ruleOf('https://collector.example.com', { toCollector: [monitoring] })).to.deep.equal([
      { ports: [{ port: 443 }], to: [monitoring] },
    ])
    expect(ruleOf('')).to.deep.equal([])
  })

  it('allows calls only to the peers and ports that are named', () => {
    const ipBlock = { cidr: '203.0.113.0/24', except: ['203.0.113.7/32'] }
    const networkPolicy = {
      toDns: [monitoring],
      dnsPorts: [5353],
      toCore: [{ ipBlock }],
      toCollector: [monitoring],
      toKafka: [{ ...monitoring, podSelector: {} }],
      kafkaPorts: [9095],
    }
    expect(policyOf({ networkPolicy }, [needed, everything]).egress).to.deep.equal([
      {
        ports: [
          { port: 5353, protocol: 'UDP' },
          { port: 5353, protocol: 'TCP' },
        ],
        to: [monitoring],
      },
      { ports: [{ port: 443 }], to: [{ ipBlock }] },
      { ports: [{ port: 4318 }], to: [monitoring] },
      { ports: [{ port: 9095 }], to: [{ ...monitoring, podSelector: {} }] },
    ])
  })
})

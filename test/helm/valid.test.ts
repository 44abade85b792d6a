import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { root } from '../docs/pages.ts'
import {
  chartFolder,
  examples,
  lint,
  needed,
  postgres,
  render,
  useHelm,
  validate,
  variants,
} from './chart.ts'

/** Kinds of the Prometheus operator: only a cluster that has it knows them. */
const operatorKinds = ['PrometheusRule', 'ServiceMonitor']

describe('the chart', () => {
  it('has the version of the service', () => {
    const { appVersion } = parse(readFileSync(join(chartFolder, 'Chart.yaml'), 'utf8')) as {
      appVersion: string
    }
    const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string }
    expect(appVersion).to.equal(version)
  })

  it('has tests for all its examples', () => {
    const files = readdirSync(join(chartFolder, 'examples')).map((file) => `examples/${file}`)
    expect(files).to.have.members(examples.map(({ name }) => name))
  })
})

describe('the chart, as helm and Kubernetes see it,', function () {
  this.timeout(120_000)
  useHelm()

  it('passes lint --strict as it is', () => {
    const { status, stdout } = lint([])
    expect(status, stdout).to.equal(0)
  })

  for (const { name, files } of variants)
    it(`passes lint --strict with ${name}`, () => {
      const { status, stdout } = lint(files)
      expect(status, stdout).to.equal(0)
    })

  for (const kubernetes of ['1.28', '1.31', '1.34'])
    it(`is valid for Kubernetes ${kubernetes}, field by field`, () => {
      const rendered = variants.map(({ files }) => render({}, { files, kubernetes }))
      const kinds = rendered.flatMap(({ manifests }) => manifests.map(({ kind }) => kind))
      const known = kinds.filter((kind) => !operatorKinds.includes(kind))
      const lines = validate(rendered.map(({ text }) => text).join('\n'), kubernetes)
      expect(lines.filter((line) => !/^(INFO|WARN)/.test(line))).to.deep.equal([])
      expect(lines.filter((line) => line.startsWith('INFO'))).to.have.length(known.length)
      expect(known).to.include.members([
        'StatefulSet',
        'Deployment',
        'PodDisruptionBudget',
        'HorizontalPodAutoscaler',
      ])
    })

  it('needs nothing of the Prometheus operator by default', () => {
    const always = ['ConfigMap', 'Ingress', 'NetworkPolicy', 'Pod', 'Service', 'Service', 'ServiceAccount']
    expect(kindsOf([needed])).to.have.members([...always, 'StatefulSet'])
    expect(kindsOf([needed, postgres])).to.have.members([...always, 'Deployment', 'PodDisruptionBudget'])
  })

  for (const { name, files } of variants)
    it(`puts its labels and namespace on every resource, with ${name}`, () => {
      for (const { kind, metadata } of render({}, { files }).manifests) {
        expect(metadata.labels, kind).to.include({
          'app.kubernetes.io/name': 'zonal-loyalty-adapter',
          'app.kubernetes.io/instance': 'loyalty',
        })
        expect(metadata, kind).to.include({ namespace: 'tills' })
      }
    })

  for (const { name, files } of variants)
    it(`keeps its names within Kubernetes' limits with ${name}, however long the release's name is`, () => {
      for (const { kind, metadata } of render({ fullnameOverride: 'a'.repeat(63) }, { files }).manifests)
        expect(metadata.name.length, kind).to.be.most(63)
    })

  const kindsOf = (files: string[]) => render({}, { files }).manifests.map(({ kind }) => kind)
})

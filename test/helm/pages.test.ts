import { expect } from 'chai'
import { parse } from 'yaml'
import { readChartValues } from '../docs/chart-values.ts'
import { readPage } from '../docs/pages.ts'
import { at, only, podOf, render, useHelm, validate } from './chart.ts'

type Shown = { kind?: string; spec: Record<string, unknown> }

const { fences } = readPage('contracts/clusters.md')
const shown = fences.filter(({ language }) => language === 'yaml').map(({ text }) => ({ text, content: parse(text) as Shown })) // prettier-ignore

describe('what contracts/clusters.md shows for a mesh', () => {
  useHelm()

  it('has values that the chart takes and puts onto the pod', () => {
    const values = shown.filter(({ content }) => content.kind === undefined)
    expect(values).to.have.length(2)
    for (const { content } of values)
      expect(at(podOf(render(content)), 'metadata.annotations')).to.include(at(content, 'podAnnotations'))
  })

  it('lets the sidecar wait as long as a stop of the service may take', () => {
    const seconds = readChartValues()
      .flatMap(({ values }) => values)
      .filter(({ path }) => /^stop\./.test(path))
    const stopSeconds = seconds.reduce((sum, { fallback }) => sum + Number(fallback), 0)
    const istio = shown.find(({ text }) => text.includes('terminationDrainDuration'))
    expect(istio?.text).to.contain(`terminationDrainDuration: ${stopSeconds}s\n`)
  })

  it('has a NetworkPolicy that Kubernetes takes, for the pod of the chart', () => {
    const policy = shown.find(({ content }) => content.kind === 'NetworkPolicy')
    const lines = validate(policy?.text ?? '', '1.31')
    expect(lines.map((line) => line.split(' ')[0])).to.deep.equal(['INFO'])
    const selected = at(policy?.content, 'spec.podSelector.matchLabels')
    expect(at(podOf(render()), 'metadata.labels')).to.include(selected)
  })

  it('names the Service of the chart', () => {
    const route = shown.find(({ content }) => content.kind === 'VirtualService')
    const service = only(
      render({ fullnameOverride: 'zonal-loyalty-adapter' }),
      'Service',
      'zonal-loyalty-adapter',
    )
    expect(at(route?.content, 'spec.hosts')).to.deep.equal([service.metadata.name])
  })
})

import { expect } from 'chai'
import { at, needed, only, podOf, postgres, release, render, useHelm, workloadOf } from './chart.ts'

const selector = {
  matchLabels: {
    'app.kubernetes.io/name': 'zonal-loyalty-adapter',
    'app.kubernetes.io/instance': 'loyalty',
    'app.kubernetes.io/component': 'adapter',
  },
}

const onPostgres = (values: object = {}) => render(values, { files: [needed, postgres] })
const specOf = (kind: string, values: object = {}) => at(only(onPostgres(values), kind), 'spec')

describe('several replicas on one database', () => {
  useHelm()

  it('are a Deployment of three, or of as many as configured', () => {
    expect(at(specOf('Deployment'), 'replicas')).to.equal(3)
    expect(at(specOf('Deployment', { replicas: 5 }), 'replicas')).to.equal(5)
    expect(onPostgres().manifests.map(({ kind }) => kind)).not.to.include('StatefulSet')
  })

  it('are replaced one by one, each when its successor is ready', () => {
    expect(at(specOf('Deployment'), 'strategy')).to.deep.equal({
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
    })
  })

  it('are selected by labels that never change', () => {
    expect(at(specOf('Deployment', { podLabels: { team: 'loyalty' } }), 'selector')).to.deep.equal(selector)
  })

  it('are evicted by a drain one at a time, and one that cannot start does not block the drain', () => {
    expect(specOf('PodDisruptionBudget')).to.deep.equal({
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector,
    })
  })

  it('are spread over nodes and zones, each revision by itself', () => {
    const spread = (whenUnsatisfiable: string) =>
      ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
        topologyKey,
        maxSkew: 1,
        whenUnsatisfiable,
        labelSelector: selector,
        matchLabelKeys: ['pod-template-hash'],
      }))
    const constraintsOf = (values: object) => at(podOf(onPostgres(values)), 'spec.topologySpreadConstraints')
    expect(constraintsOf({})).to.deep.equal(spread('ScheduleAnyway'))
    const topologySpread = { whenUnsatisfiable: 'DoNotSchedule' }
    expect(constraintsOf({ topologySpread })).to.deep.equal(spread('DoNotSchedule'))
  })

  it('store nothing: the only volume of a pod is that of its secrets', () => {
    expect(at(podOf(onPostgres()), 'spec.volumes')).to.have.length(1)
    expect(at(podOf(onPostgres()), 'spec.volumes.0')).to.have.all.keys('name', 'projected')
    expect(specOf('Deployment')).not.to.have.property('volumeClaimTemplates')
  })

  it('have the same pod as one with SQLite, except for the settings of the journal', () => {
    const partsOf = (pod: unknown) => {
      const { topologySpreadConstraints, volumes, containers, ...spec } = at(pod, 'spec') as Pod
      const { env, volumeMounts, ...container } = containers[0] ?? {}
      expect([env, volumeMounts, volumes]).not.to.include(undefined)
      return { labels: at(pod, 'metadata.labels'), spec, container, isSpread: !!topologySpreadConstraints }
    }
    const [several, one] = [partsOf(podOf(onPostgres())), partsOf(podOf(render()))]
    expect(several).to.deep.equal({ ...one, isSpread: true })
  })
})

describe('the autoscaler', () => {
  useHelm()

  const autoscaling = { enabled: true, minReplicas: 2, maxReplicas: 8, averageCpu: '250m' }

  it('adds pods by the CPU that they use, and an upgrade does not remove them', () => {
    const rendered = onPostgres({ autoscaling })
    const deployment = workloadOf(rendered)
    expect(at(deployment, 'spec')).not.to.have.property('replicas')
    expect(at(only(rendered, 'HorizontalPodAutoscaler'), 'spec')).to.deep.equal({
      scaleTargetRef: { apiVersion: 'apps/v1', kind: deployment.kind, name: release },
      minReplicas: 2,
      maxReplicas: 8,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'AverageValue', averageValue: '250m' } },
        },
      ],
    })
  })

  it('is left out unless it is asked for', () => {
    expect(onPostgres().manifests.map(({ kind }) => kind)).not.to.include('HorizontalPodAutoscaler')
  })
})

type Pod = {
  topologySpreadConstraints?: unknown
  volumes: unknown
  containers: Record<string, unknown>[]
}

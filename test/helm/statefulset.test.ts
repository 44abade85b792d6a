import { expect } from 'chai'
import { at, containerOf, examples, needed, only, release, render, useHelm, type Rendered } from './chart.ts'

describe('the StatefulSet of a journal in SQLite', () => {
  useHelm()

  it('has one pod, and replaces it even if it never gets ready', () => {
    expect(at(only(render(), 'StatefulSet'), 'spec')).to.include({
      replicas: 1,
      podManagementPolicy: 'Parallel',
      serviceName: `${release}-management`,
    })
  })

  it('has a small volume of block storage that no other pod can mount', () => {
    const { spec } = claimOf(render())
    expect(spec).to.deep.equal({
      accessModes: ['ReadWriteOncePod'],
      resources: { requests: { storage: '4Gi' } },
    })
  })

  it('has the storage class that is configured', () => {
    const persistence = { storageClassName: 'fast', size: '8Gi', accessMode: 'ReadWriteOnce' }
    expect(claimOf(render({ persistence })).spec).to.deep.equal({
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'fast',
      resources: { requests: { storage: '8Gi' } },
    })
  })

  it('has a volume large enough for three journals and a diary, in the examples too', () => {
    const all = [[needed], ...examples.map(({ files }) => files)].map((files) => render({}, { files }))
    const withVolume = all.filter(({ manifests }) => manifests.some(({ kind }) => kind === 'StatefulSet'))
    expect(withVolume).to.have.length(3)
    for (const rendered of withVolume) {
      const bytesOf = (name: string) =>
        Number(at(only(rendered, 'ConfigMap', configOf(rendered)), `data.${name}_MAX_BYTES`))
      const [, gibibytes] =
        /^(\d+)Gi$/.exec(String(at(claimOf(rendered).spec, 'resources.requests.storage'))) ?? []
      expect(Number(gibibytes) * 1024 ** 3).to.be.least(3 * bytesOf('JOURNAL') + bytesOf('DIARY'))
    }
  })

  it('has no label that changes with the version in its immutable fields', () => {
    const statefulSet = only(render({ podLabels: { team: 'loyalty' } }), 'StatefulSet')
    const names = ['name', 'instance'].map((name) => `app.kubernetes.io/${name}`)
    expect(claimOf(render()).metadata.labels).to.have.all.keys(names)
    expect(at(statefulSet, 'spec.selector.matchLabels')).to.have.all.keys([
      ...names,
      'app.kubernetes.io/component',
    ])
    expect(at(statefulSet, 'spec.template.metadata.labels')).to.include({ team: 'loyalty' })
  })
})

/** The name of the Secret that the pod reads. */
function configOf(rendered: Rendered): string {
  return String(at(containerOf(rendered), 'envFrom.0.configMapRef.name'))
}

function claimOf(rendered: Rendered) {
  return at(only(rendered, 'StatefulSet'), 'spec.volumeClaimTemplates.0') as {
    metadata: { labels: object }
    spec: object
  }
}

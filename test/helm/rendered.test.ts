import { expect } from 'chai'
import { useHelm } from './chart.ts'
import { keptRenderings, readKept, renderToKeep } from './rendered.ts'

describe('an installation with SQLite', () => {
  useHelm()

  for (const { name, files } of keptRenderings)
    it(`renders to test/helm/rendered/${name}.yaml (npm run chart:rendered updates it)`, () => {
      expect(renderToKeep(files)).to.equal(readKept(name))
    })
})

import { expect } from 'chai'
import { useHelm } from './chart.ts'
import { keptRenderings, readKept, renderToKeep } from './rendered.ts'

describe('an installation with SQLite', () => {
  useHelm()

  for (const { name, files } of keptRenderings)
    it(`is made as test/helm/rendered/${name}.yaml has it (npm run chart:rendered writes it anew)`, () => {
      expect(renderToKeep(files)).to.equal(readKept(name))
    })
})

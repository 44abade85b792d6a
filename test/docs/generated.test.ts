import { expect } from 'chai'
import { generate, generatedPages } from './generate.ts'

for (const name of generatedPages)
  describe(name, () => {
    it('has the tables of the code (npm run docs writes them)', async () => {
      const { text, fresh } = await generate(name)
      expect(fresh).to.equal(text)
    })
  })

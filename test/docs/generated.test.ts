import { expect } from 'chai'
import { generate, generatedPages } from './generate.ts'

for (const name of generatedPages)
  describe(name, () => {
    it('has up-to-date tables (npm run docs writes them)', async () => {
      const { text, fresh } = await generate(name)
      expect(fresh).to.equal(text)
    })
  })

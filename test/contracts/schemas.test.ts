import { expect } from 'chai'
import { readFileSync, readdirSync } from 'node:fs'
import { generateSchemas, schemasFolder } from './generate.ts'

describe('the generated schemas', () => {
  const generated = generateSchemas()

  it('are complete, and nothing else is in their folder', () => {
    expect(readdirSync(schemasFolder).sort()).to.deep.equal([...generated.keys()].sort())
  })

  for (const [file, text] of generated)
    it(`are up to date: ${file} (npm run contracts writes it)`, () => {
      expect(readFileSync(new URL(file, schemasFolder), 'utf8')).to.equal(text)
    })
})

import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { parse } from 'yaml'
import { readChartValues } from './chart-values.ts'
import { findPages, readPage, root } from './pages.ts'

const { appVersion } = parse(readFileSync(new URL('helm/Chart.yaml', root), 'utf8')) as { appVersion: string }
const repository = readChartValues()
  .flatMap(({ values }) => values)
  .find(({ path }) => path === 'image.repository')
/** What the nodes pull if no value says otherwise. */
const image = `${String(repository?.fallback)}:${appVersion}`

describe('the image in the pages', () => {
  for (const name of ['README.md', 'contracts/configuration.md'])
    it(`is built in ${name} with the tag that the chart asks for`, () => {
      const built = [...readPage(name).text.matchAll(/\bdocker build -t (\S+) \./g)].map(([, tag]) => tag)
      expect(built).to.deep.equal([image])
    })

  it('has no other tag anywhere', () => {
    const named = findPages().flatMap((name) => [
      ...readPage(name).text.matchAll(/\bzonal-loyalty-adapter:[\w.-]+/g),
    ])
    expect(named).to.have.length.above(2)
    for (const [tag] of named) expect(tag).to.equal(image)
  })
})

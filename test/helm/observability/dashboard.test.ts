import { statSync } from 'node:fs'
import { expect } from 'chai'
import { dashboardFile, pathOf, readDashboard, type Panel } from './documents.ts'

describe('the dashboard', () => {
  const dashboard = readDashboard()
  const { panels } = dashboard
  const shown = panels.filter(({ type }) => type !== 'row')

  it('is small enough for a ConfigMap, with room to spare', () => {
    expect(statSync(pathOf(dashboardFile)).size).to.be.below(100_000)
  })

  it('answers the four questions in its first row, with green and red', () => {
    const first = panels.filter(({ gridPos }) => gridPos.y === 0)
    expect(first.map(({ title }) => title)).to.deep.equal([
      'Are tills served?',
      'Is the core well?',
      'Are tickets flowing?',
      'Is anything stuck?',
    ])
    for (const panel of first) {
      expect(panel.type).to.equal('stat')
      expect(JSON.stringify(panel)).to.include('"color":"green"').and.to.include('"color":"red"')
    }
  })

  it('can be shared by several installations: data source, namespace, job and pod are variables', () => {
    expect(dashboard.templating.list.map(({ name }) => name)).to.deep.equal([
      'datasource',
      'namespace',
      'job',
      'pod',
    ])
    for (const { title, datasource, targets = [] } of shown)
      for (const target of targets) {
        expect(datasource?.uid, title).to.equal('${datasource}')
        const chosen = target.expr.includes('ALERTS') ? ['namespace', 'job'] : ['namespace', 'job', 'pod']
        const braces = target.expr.match(/\{/g)?.length ?? 0
        for (const name of chosen)
          expect(target.expr.split(`${name}=~"$${name}"`), title).to.have.length(braces + 1)
      }
  })

  it('has unique ids, and panels that fill the width without overlapping', () => {
    expect(new Set(panels.map(({ id }) => id)).size).to.equal(panels.length)
    const cells = new Set<string>()
    for (const { title, gridPos } of panels) {
      expect(gridPos.x + gridPos.w, title).to.be.at.most(24)
      for (const cell of cellsOf(gridPos)) {
        expect(cells.has(cell), `${title} at ${cell}`).to.equal(false)
        cells.add(cell)
      }
    }
    const height = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h))
    expect(cells.size).to.equal(24 * height)
  })

  it('says for each panel what it shows, and in which unit', () => {
    expect(shown).to.have.length.above(20)
    for (const { title, description, fieldConfig, targets } of shown) {
      expect(description, title).to.match(/\.$/)
      expect(fieldConfig?.defaults.unit, title).to.be.a('string')
      expect(
        targets?.map(({ refId }) => refId),
        title,
      ).to.deep.equal([...'ABCDE'].slice(0, targets?.length))
    }
  })
})

function cellsOf({ x, y, w, h }: Panel['gridPos']): string[] {
  return Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)}/${y + Math.floor(cell / w)}`)
}

import { existsSync } from 'node:fs'
import { expect } from 'chai'
import { findPages, readPage, root, type Page } from './pages.ts'

const names = findPages()
const pages = new Map(names.map((name) => [name, readPage(name)]))

/** @returns what a link to this project leads to, from its root; undefined for the addresses of others */
function targetOf(page: Page, link: string): { path: string; anchor: string } | undefined {
  if (/^[a-z]+:/.test(link)) return undefined
  const { pathname, hash } = new URL(link, page.url)
  return { path: decodeURIComponent(pathname).slice(root.pathname.length), anchor: hash }
}

function targetsOf(page: Page) {
  return page.links.flatMap((link) => targetOf(page, link) ?? [])
}

describe('the pages', () => {
  it('are found, each in its folder', () => {
    expect(names).to.include.members([
      'README.md',
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'contracts/messages.md',
      'helm/runbooks/ZonalAdapterDown.md',
    ])
  })

  it('can all be reached from README.md by links', () => {
    const reached = new Set(['README.md'])
    for (const name of reached)
      for (const { path } of targetsOf(pages.get(name) ?? readPage(name)))
        if (pages.has(path)) reached.add(path)
    expect([...reached]).to.have.members(names)
  })

  it('of contracts/ are all in its index', () => {
    const index = targetsOf(readPage('contracts/README.md')).map(({ path }) => path)
    const others = names.filter((name) => name.startsWith('contracts/') && name !== 'contracts/README.md')
    expect(index).to.include.members(others)
  })
})

for (const page of pages.values())
  describe(`the links of ${page.name}`, () => {
    it('lead to existing files and headings', () => {
      for (const link of page.links) {
        const target = targetOf(page, link)
        if (!target) continue
        expect(existsSync(new URL(target.path, root)), link).to.equal(true)
        if (target.anchor) expect(pages.get(target.path)?.anchors, link).to.include(target.anchor)
      }
    })

    it('are all written in the form that is checked here', () => {
      expect(page.prose).not.to.match(/\]\[|^\[[^\]]+\]: |<a |\]\(</m)
      expect(page.prose.match(/\]\(/g) ?? []).to.have.length(page.links.length)
    })
  })
